"""A scenario as its author writes it: inputs, what the world answers, and what must come of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, JsonValue, model_serializer, model_validator

from fluxagents.flows.commands import HYPOTHESIS_CHARACTERS
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.language.node_base import Strict
from fluxagents.flows.testing.expectation import Expectation

BEGINS = datetime(2026, 1, 1, tzinfo=UTC)
"""When a rehearsal begins if its scenario does not say."""

SEQUENCES = (
    ("call_tool", "approve", "summary"),
    ("call_tool", "approve", "error"),
    ("call_tool", "reject"),
    ("call_tool", "never"),
    ("call_tool", "open"),
    ("ask_human", "answer"),
    ("ask_human", "never"),
    ("ask_human", "open"),
    ("finish",),
    ("refused",),
    ("event",),
    ("runs",),
    ("each",),
    ("run",),
)
"""What may be said in one breath: each line, or a part of it."""

WHATS = tuple(dict.fromkeys(what for sequence in SEQUENCES for what in sequence))

_WITH = {
    "args": ("call_tool",),
    "hypothesis": ("call_tool",),
    "untraced": ("finish",),
    "tokens": ("call_tool", "ask_human", "finish", "refused"),
    "new_model": ("summary",),
    "data": ("event",),
    "by": ("approve", "reject", "answer", "event"),
}
"""What goes with what."""


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, Mapping) else value


class ScenarioError(FluxError):
    """The scenario does not fit the flow: something has no answer, or an answer cannot be."""

    def __init__(self, message: str, *, suggestions: tuple[str, ...] = ()) -> None:
        super().__init__(ErrorClass.BAD_ARGUMENT, message, suggestions=suggestions)


class Trouble(Strict):
    """An error as the world states it."""

    kind: ErrorClass
    message: str = "it failed"
    suggestions: tuple[str, ...] = ()

    def error(self) -> FluxError:
        return FluxError(self.kind, self.message, suggestions=self.suggestions)


class Edit(Strict):
    """Other arguments than those that were asked for."""

    args: dict[str, JsonValue]


class Answers(Strict):
    """What a node or a tool is answered: a list is used up in order, a single answer is given each time."""

    given: tuple[Answer, ...]
    again: bool = False

    @model_validator(mode="before")
    @classmethod
    def _as_written(cls, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return {"given": value}
        if isinstance(value, Mapping) and "given" not in value:
            return {"given": [value], "again": True}
        return value

    @model_serializer
    def _written(self) -> Any:
        written = [one.model_dump(mode="json", exclude_defaults=True) for one in self.given]
        return written[0] if self.again else written

    def steps(self) -> tuple[Answer, ...]:
        """The answers one by one."""
        return tuple(step for one in self.given for step in one.steps())


Script = dict[str, Answers]
"""Node or tool -> what it is answered."""


class ChildRun(Strict):
    """One run of a `map` or `subflow` node: what came of it, or what its own world answers."""

    when: str | None = None
    """For `each`: the items that this holds for."""
    summary: dict[str, JsonValue] | None = None
    """Of the tool that a `map` calls."""
    facts: dict[str, JsonValue] | None = None
    answer: str | None = None
    error: Trouble | None = None
    world: Script | None = None
    """The run is played too."""
    tools: Script = Field(default_factory=dict)
    never: Literal[True] | None = None
    """It never comes to an end."""
    new_model: str | None = None
    after_s: float = Field(default=0, ge=0)
    """How long it takes; a run that is played has its own time."""

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        stated = self.facts is not None or self.answer is not None
        ways = (self.summary is not None, stated, self.error is not None, self.world is not None, self.never)
        if sum(map(bool, ways)) != 1:
            raise ValueError("a run has one of summary, facts and answer, error, world, never")
        if self.tools and self.world is None:
            raise ValueError("tools go with world")
        return self


class Answer(Strict):
    """What the world says to something that a node asks."""

    summary: dict[str, JsonValue] | None = None
    """What the tool found, as its facts are taken from."""
    new_model: str | None = None
    """The model that the tool made."""
    error: Trouble | None = None
    """The tool fails, or the runs of a node cannot begin."""
    call_tool: str | None = None
    """The chat model calls this tool."""
    args: dict[str, JsonValue] = Field(default_factory=dict)
    hypothesis: str = Field(default="", max_length=HYPOTHESIS_CHARACTERS)
    """What the call is to test, where its node asks for hypotheses."""
    ask_human: str | None = None
    """The chat model puts this question to a human."""
    finish: str | None = None
    """The chat model leaves the node with this answer."""
    untraced: tuple[str, ...] = ()
    """Numbers of this answer that no result has; the run's answer says so."""
    refused: Trouble | None = None
    """What the chat model said is no decision, or it could not be reached."""
    tokens: int = Field(default=0, ge=0)
    """That the decision took."""
    approve: Literal[True] | Edit | None = None
    reject: str | None = None
    """A human refuses, with this reason."""
    answer: str | bool | int | float | None = None
    """What a human replies."""
    event: str | None = None
    """Somebody sends an event of this name, with `data`."""
    data: dict[str, JsonValue] = Field(default_factory=dict)
    runs: tuple[ChildRun, ...] | None = None
    """The runs of a `map`, in the order of its items."""
    each: Annotated[tuple[ChildRun, ...] | None, BeforeValidator(_listed)] = None
    """The runs of a `map` by item: the first whose `when` holds; `=…` is an expression over the item."""
    run: ChildRun | None = None
    """The run of a `subflow`."""
    never: Literal[True] | None = None
    """Nobody answers and nothing comes: the time runs out."""
    open: Literal[True] | None = None
    """The scenario ends here, with the run waiting."""
    by: str = "somebody"
    after_s: float = Field(default=0, ge=0)
    """The time that passes before it happens."""

    @model_validator(mode="after")
    def _can_be_said(self) -> Self:
        said = self.whats
        if not said:
            raise ValueError(f"it says nothing; one of {', '.join(WHATS)}")
        if not any(set(said) <= set(sequence) for sequence in SEQUENCES):
            raise ValueError(f"{' and '.join(said)} do not go together; write them as separate answers")
        for field, hosts in _WITH.items():
            if field in self.model_fields_set and not set(hosts) & set(said):
                raise ValueError(f"{field} goes with {' or '.join(hosts)}")
        return self

    @property
    def whats(self) -> tuple[str, ...]:
        """What it says, in the order in which it happens."""
        said = {what for what in WHATS if getattr(self, what) is not None}
        order = next((sequence for sequence in SEQUENCES if said <= set(sequence)), WHATS)
        return tuple(what for what in order if what in said)

    def steps(self) -> Iterator[Answer]:
        """One answer for each thing that it says; the time passes before the last."""
        whats = self.whats
        more = (*_WITH, "after_s")
        shared = {field: getattr(self, field) for field in more if field in self.model_fields_set}
        for what in whats:
            fields = {
                field: value
                for field, value in shared.items()
                if what in _WITH.get(field, ()) or (field == "after_s" and what == whats[-1])
            }
            yield Answer.model_validate({what: getattr(self, what), **fields})


class Scenario(Strict):
    """One run through a flow."""

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
    """Node -> what it is answered."""
    tools: Script = Field(default_factory=dict)
    """Tool -> what its calls are answered where their node says nothing."""
    expect: Expectation = Expectation()

    @model_validator(mode="after")
    def _has_an_offset(self) -> Self:
        if self.begins.tzinfo is None:
            raise ValueError("begins needs an offset, as in 2026-12-01T06:00:00+01:00")
        return self


class ScenarioFile(Strict):
    """Scenarios that belong together; `world` and `tools` hold what is the same in many of them."""

    flow: str = ""
    purpose: str = ""
    model: str = "model"
    inputs: dict[str, JsonValue] = Field(default_factory=dict)
    world: Script = Field(default_factory=dict)
    tools: Script = Field(default_factory=dict)
    scenarios: tuple[Scenario, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [scenario.name for scenario in self.scenarios]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"two scenarios are called {twice!r}")
        nameless = next((one.name for one in self.scenarios if not (one.flow or self.flow)), None)
        if nameless is not None:
            raise ValueError(f"scenario {nameless!r} names no flow, and neither does the file")
        return self


Answers.model_rebuild()
ChildRun.model_rebuild()
Answer.model_rebuild()
Scenario.model_rebuild()
ScenarioFile.model_rebuild()
