"""A scenario as its author writes it: inputs, the answers of the world, and what the run must come to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, JsonValue, model_serializer, model_validator

from fluxagents.flows.commands import HYPOTHESIS_CHARACTERS
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.language.node_base import StrictModel
from fluxagents.flows.testing.expectation import Expectation

BEGINS = datetime(2026, 1, 1, tzinfo=UTC)
"""When a simulation begins if its scenario does not say."""

SOMEBODY = "somebody"
"""Who answers where a scenario says nothing: whoever may."""

SEQUENCES = (
    ("call_tool", "approve", "summary"),
    ("call_tool", "approve", "error"),
    ("call_tool", "reject"),
    ("call_tool", "never"),
    ("call_tool", "open"),
    ("ask_human", "answer"),
    ("consult",),
    ("ask_human", "never"),
    ("ask_human", "open"),
    ("finish",),
    ("refused",),
    ("event",),
    ("runs",),
    ("each",),
    ("run",),
)
"""What one answer may say: each line, or a part of it, in the order in which it happens."""

ANSWER_KINDS = tuple(dict.fromkeys(kind for sequence in SEQUENCES for kind in sequence))

_WITH = {
    "args": ("call_tool",),
    "hypothesis": ("call_tool",),
    "untraced": ("finish",),
    "tokens": ("call_tool", "ask_human", "consult", "finish", "refused"),
    "choices": ("consult",),
    "new_model": ("summary",),
    "data": ("event",),
    "by": ("approve", "reject", "answer", "event"),
}
"""Field -> the kinds of answer that it goes with."""


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, Mapping) else value


class ScenarioError(FluxError):
    """The scenario does not fit the flow: something has no answer, or an answer cannot be."""

    def __init__(self, message: str, *, suggestions: tuple[str, ...] = ()) -> None:
        super().__init__(ErrorClass.BAD_ARGUMENT, message, suggestions=suggestions)


@contextmanager
def blame_scenario(prefix: str = "") -> Iterator[None]:
    """Turn an error into one of the scenario, which states what caused it."""
    try:
        yield
    except ScenarioError:
        raise
    except FluxError as error:
        raise ScenarioError(f"{prefix}{error.message}", suggestions=error.suggestions) from error


class StatedError(StrictModel):
    """An error as the world states it."""

    kind: ErrorClass
    message: str = "it failed"
    suggestions: tuple[str, ...] = ()

    def build_error(self) -> FluxError:
        return FluxError(self.kind, self.message, suggestions=self.suggestions)


class StatedEdit(StrictModel):
    """Arguments that replace those that were asked for."""

    args: dict[str, JsonValue]


class Answers(StrictModel):
    """The answers to a node or a tool: a list is used up in order, a single answer is given each time."""

    answers: tuple[StatedAnswer, ...]
    repeats: bool = False

    @model_validator(mode="before")
    @classmethod
    def _parse(cls, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return {"answers": value}
        if isinstance(value, Mapping) and "answers" not in value:
            return {"answers": [value], "repeats": True}
        return value

    @model_serializer
    def _serialize(self) -> Any:
        answers = [answer.model_dump(mode="json", exclude_defaults=True) for answer in self.answers]
        return answers[0] if self.repeats else answers

    def steps(self) -> tuple[StatedAnswer, ...]:
        """The answers, one for each thing that happens."""
        return tuple(step for answer in self.answers for step in answer.steps())


Script = dict[str, Answers]
"""Node or tool -> its answers."""


class StubbedRun(StrictModel):
    """One run of a `map` or `subflow` node: its end is stated, or its own world answers it."""

    when: str | None = None
    """For `each`: the items that this holds for."""
    summary: dict[str, JsonValue] | None = None
    """Of the tool that a `map` calls."""
    facts: dict[str, JsonValue] | None = None
    answer: str | None = None
    error: StatedError | None = None
    world: Script | None = None
    """The run is simulated too."""
    tools: Script = Field(default_factory=dict)
    never: Literal[True] | None = None
    """It never comes to an end."""
    new_model: str | None = None
    after_s: float = Field(default=0, ge=0)
    """How long it takes; a simulated run has its own time."""

    @model_validator(mode="after")
    def _has_one_end(self) -> Self:
        stated = self.facts is not None or self.answer is not None
        ends = (self.summary is not None, stated, self.error is not None, self.world is not None, self.never)
        if sum(map(bool, ends)) != 1:
            raise ValueError("a run has one of summary, facts and answer, error, world, never")
        if self.tools and self.world is None:
            raise ValueError("tools go with world")
        return self


class StatedAnswer(StrictModel):
    """What the world answers to a node."""

    summary: dict[str, JsonValue] | None = None
    """The summary of the tool, from which facts are taken."""
    new_model: str | None = None
    """The model that the tool made."""
    error: StatedError | None = None
    """The tool fails, or the runs of a node cannot begin."""
    call_tool: str | None = None
    """The chat model calls this tool."""
    args: dict[str, JsonValue] = Field(default_factory=dict)
    hypothesis: str = Field(default="", max_length=HYPOTHESIS_CHARACTERS)
    """What the call is to test, where its node asks for hypotheses."""
    ask_human: str | None = None
    """The chat model puts this question to a human."""
    consult: str | None = None
    """The chat model puts this question to experts, with `choices` if there are any."""
    choices: tuple[str, ...] = ()
    finish: str | None = None
    """The chat model leaves the node with this answer."""
    untraced: tuple[str, ...] = ()
    """Numbers of this answer that no result has; the run's answer says so."""
    refused: StatedError | None = None
    """The chat model gives no valid decision, or cannot be reached."""
    tokens: int = Field(default=0, ge=0)
    """Spent on the decision."""
    approve: Literal[True] | StatedEdit | None = None
    reject: str | None = None
    """A human refuses, with this reason."""
    answer: str | bool | int | float | None = None
    """What a human replies."""
    event: str | None = None
    """Somebody sends an event of this name, with `data`."""
    data: dict[str, JsonValue] = Field(default_factory=dict)
    runs: tuple[StubbedRun, ...] | None = None
    """The runs of a `map`, in the order of its items."""
    each: Annotated[tuple[StubbedRun, ...] | None, BeforeValidator(_as_list)] = None
    """The runs of a `map` by item: the first whose `when` holds; `=…` is an expression over the item."""
    run: StubbedRun | None = None
    """The run of a `subflow`."""
    never: Literal[True] | None = None
    """Nobody answers and nothing comes: the time runs out."""
    open: Literal[True] | None = None
    """The scenario ends here, with the run waiting."""
    by: str = SOMEBODY
    after_s: float = Field(default=0, ge=0)
    """The time that passes before it happens."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        kinds = self.kinds
        if not kinds:
            raise ValueError(f"it says nothing; one of {', '.join(ANSWER_KINDS)}")
        if not any(set(kinds) <= set(sequence) for sequence in SEQUENCES):
            raise ValueError(f"{' and '.join(kinds)} do not go together; write them as separate answers")
        for field, hosts in _WITH.items():
            if field in self.model_fields_set and not set(hosts) & set(kinds):
                raise ValueError(f"{field} goes with {' or '.join(hosts)}")
        return self

    @property
    def kinds(self) -> tuple[str, ...]:
        """What it says, in the order in which it happens."""
        stated = {kind for kind in ANSWER_KINDS if getattr(self, kind) is not None}
        order = next((sequence for sequence in SEQUENCES if stated <= set(sequence)), ANSWER_KINDS)
        return tuple(kind for kind in order if kind in stated)

    def steps(self) -> Iterator[StatedAnswer]:
        """Split into one answer for each kind; the time passes before the last."""
        kinds = self.kinds
        for kind in kinds:
            fields = {field for field, hosts in _WITH.items() if kind in hosts}
            if kind == kinds[-1]:
                fields.add("after_s")
            fields = {kind, *(fields & self.model_fields_set)}
            yield StatedAnswer.model_validate({field: getattr(self, field) for field in fields})


class Scenario(StrictModel):
    """One run of a flow."""

    name: str = Field(min_length=1)
    flow: str = ""
    """Its name or, as `./its.yaml`, its file; that of the file of scenarios when absent."""
    purpose: str = ""
    run: str = "rehearsal"
    """The run's id."""
    model: str = "model"
    begins: datetime = BEGINS
    inputs: dict[str, JsonValue] = Field(default_factory=dict)
    world: Script = Field(default_factory=dict)
    """Node -> its answers."""
    tools: Script = Field(default_factory=dict)
    """Tool -> the answers to its calls at nodes that have none."""
    expect: Expectation = Expectation()

    @model_validator(mode="after")
    def _has_an_offset(self) -> Self:
        if self.begins.tzinfo is None:
            raise ValueError("begins needs an offset, as in 2026-12-01T06:00:00+01:00")
        return self


class ScenarioFile(StrictModel):
    """Scenarios that belong together; `world` and `tools` hold what is the same in many of them."""

    flow: str = ""
    purpose: str = ""
    model: str = "model"
    inputs: dict[str, JsonValue] = Field(default_factory=dict)
    world: Script = Field(default_factory=dict)
    tools: Script = Field(default_factory=dict)
    scenarios: tuple[Scenario, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _has_names_and_flows(self) -> Self:
        names: set[str] = set()
        for scenario in self.scenarios:
            if scenario.name in names:
                raise ValueError(f"two scenarios are called {scenario.name!r}")
            if not (scenario.flow or self.flow):
                raise ValueError(f"scenario {scenario.name!r} names no flow, and neither does the file")
            names.add(scenario.name)
        return self


Answers.model_rebuild()
StubbedRun.model_rebuild()
StatedAnswer.model_rebuild()
Scenario.model_rebuild()
ScenarioFile.model_rebuild()
