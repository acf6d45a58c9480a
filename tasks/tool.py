"""A tool: what it is called, what it takes and gives, and how it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pydantic import JsonValue, ValidationError
from pydantic_core import ErrorDetails

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.flows.events import Shard
from fluxagents.flows.language.node_base import RequestRules
from fluxagents.tasks.display import cut_text
from fluxagents.tasks.ports.models import Concern, ModelChange
from fluxagents.tasks.ports.results import Args, Result
from fluxagents.tasks.ports.sources import Sources

if TYPE_CHECKING:
    from cobra import Model

PREDICTIONS = frozenset({Concern.GROWTH, Concern.FLUXES, Concern.MEDIUM})
"""What growth and fluxes rest on."""

EVERYTHING = frozenset(Concern)
"""What a statement about a whole model rests on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """How the work of a tool is cut into shards that other workers compute, and put together again.

    The cut depends on the model and the arguments alone, so that one worker or many get the same result.
    """

    count: Callable[[Model, Any], int]
    """Into how many shards; 1 when it is not worth it."""
    run: Callable[[Model, Any, Shard], Result]
    """Computes one shard; leaves the model as it was."""
    merge: Callable[[Any, Sequence[Any]], Result]
    """The whole from all shards in order, as `Tool.run` computes it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tool:
    """A tool as it is registered: once, as the Celery task `tool.<name>`."""

    name: str
    purpose: str
    """One line for the chat model that chooses."""
    args: type[Args]
    result: type[Result]
    run: Callable[..., Result]
    """`run(model, args)`, or `run(model, args, gathered)`; leaves the model as it was."""
    reference: str
    """Where the method is described."""
    example: Mapping[str, JsonValue] = field(default_factory=dict)
    """Arguments that a reader may try."""
    questions: tuple[str, ...] = ()
    """Questions that it answers, as people ask them, in any language and without conditions: the built-in
    planner reads from them which words ask for the tool."""
    answers: tuple[str, ...] = ()
    """Quantities that its results hold, of `fluxagents.tasks.chat.quantities`, its own first: a finding is
    taken for the answer to a question for these only. Where there are none, that is not checked."""
    gather: Callable[[Sources, Any], Any] | None = None
    """Set on a tool that needs more than one model: reads it from the sources, so that `run` stays pure."""
    rests_on: frozenset[Concern] = PREDICTIONS
    """What the result rests on: warnings about a model's file that concern it stand beside the result."""
    needs_model: bool = True
    """Without one, `run` is given None."""
    change: Callable[..., None] | None = None
    """Set on a tool that makes a new model: changes the model that it is given; called as `run`."""
    evidence: Callable[..., Mapping[str, str]] | None = None
    """Set on a tool that adds reactions of another source or removes some: `evidence(ids, gathered)` says why
    for each of these."""
    compensation: str | None = None
    """Set on a tool that has an effect: how the effect is undone when a run is rolled back, in a sentence."""
    approval: RequestRules | None = None
    """How its approvals are decided where a flow says nothing; None for one answer of anybody."""
    split: Split | None = None
    """Set on a tool whose work may be large."""
    queue: Literal["tools", "tools.long"] = "tools"
    soft_time_limit_s: int = 600

    @property
    def needs_approval(self) -> bool:
        """Whether a human must agree before the tool runs."""
        return self.change is not None

    def parse(self, args: Mapping[str, Any]) -> Args:
        """The arguments, checked.

        Raises:
            FluxError: `BAD_ARGUMENT`, naming each argument that does not fit, its value and the nearest one.
        """
        try:
            return self.args.model_validate(dict(args))
        except ValidationError as error:
            details = error.errors(include_url=False, include_context=False)
            problems = "; ".join(map(_describe, details))
            unknown = [str(detail["loc"][0]) for detail in details if detail["type"] == "extra_forbidden"]
            known = list(self.args.model_fields)
            hints = tuple(hint for name in unknown for hint in nearest(name, known))
            every = f"arguments of '{self.name}': {', '.join(known)}"
            raise FluxError(
                ErrorClass.BAD_ARGUMENT, f"'{self.name}' got {problems}", suggestions=(*hints, every)
            ) from error

    def concerns_of(self, args: Args) -> frozenset[Concern]:
        """What the result of a call rests on."""
        return self.rests_on | args.further_concerns

    def describe_change(self, args: Args) -> ModelChange:
        """What this tool, called with these arguments, does to a model."""
        return ModelChange(tool=self.name, args=args.model_dump(mode="json", exclude_none=True))

    def carry_out(self, model: Model | None, args: Args, sources: Sources) -> Result:
        """Gather what the tool needs, and run it."""
        return self.run(model, args, *self._gather(sources, args))

    def apply(self, model: Model, args: Args, sources: Sources) -> None:
        """Change the model; only for a tool that has a change."""
        assert self.change is not None
        self.change(model, args, *self._gather(sources, args))

    def find_evidence(self, args: Args, sources: Sources, ids: tuple[str, ...]) -> Mapping[str, str]:
        """Why a call adds or removes these reactions; nothing where the tool does not know."""
        return self.evidence(ids, *self._gather(sources, args)) if self.evidence is not None else {}

    def _gather(self, sources: Sources, args: Args) -> tuple[Any, ...]:
        return () if self.gather is None else (self.gather(sources, args),)


def _describe(detail: ErrorDetails) -> str:
    where = ".".join(str(step) for step in detail["loc"]) or "arguments"
    value = cut_text(repr(detail["input"]), 80)
    if detail["type"] == "extra_forbidden":
        return f"the unknown argument '{where}' = {value}"
    return f"argument '{where}' = {value}: {detail['msg']}"
