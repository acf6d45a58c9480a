"""What a tool is: typed arguments in, a typed result in three tiers out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, JsonValue

if TYPE_CHECKING:
    import pandas as pd
    from cobra import Model

    from fluxagents.flows.events import Part
    from fluxagents.tasks.ports.sources import Sources

KEY_FINDINGS_BYTES = 2_048
"""Most that a result may put before a chat model."""

SUMMARY_BYTES = 5_120
"""Most that a result may put into the state of a run."""


class Args(BaseModel):
    """Arguments of a tool; an unknown one is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @property
    def further_solvers(self) -> tuple[str, ...]:
        """Packages of the solvers that these arguments choose beside the model's own."""
        return ()


class Result(BaseModel):
    """Everything that a tool found. Numbers carry their unit in the field's name; a missing one is None."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    def key_findings(self) -> dict[str, JsonValue]:
        """What a chat model needs to answer, in at most 2 KB of JSON."""
        raise NotImplementedError

    def summary(self) -> dict[str, JsonValue]:
        """The structured result without its tables, in at most 5 KB of JSON."""
        raise NotImplementedError

    def tables(self) -> Mapping[str, pd.DataFrame]:
        """The full data, a table a name; columns carry their unit in the name."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """How the work of a tool is cut into parts that other workers compute, and put together again.

    The cut depends on the model and the arguments alone, so that one worker or many find the same.
    """

    parts: Callable[[Model, Any], int]
    """Into how many parts; 1 when it is not worth it."""
    run: Callable[[Model, Any, Part], Result]
    """One part; leaves the model as it found it."""
    merge: Callable[[Any, Sequence[Any]], Result]
    """The whole from all parts in order, as `Tool.run` would have found it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool as it is registered: once, as the Celery task `tool.<name>`."""

    name: str
    purpose: str
    """One line for the chat model that chooses."""
    args: type[Args]
    result: type[Result]
    run: Callable[..., Result]
    """`run(model, args)`, or `run(model, args, gathered)`; leaves the model as it found it."""
    reference: str
    """Where the method is described."""
    example: Mapping[str, JsonValue] = field(default_factory=dict)
    """Arguments that a reader may try."""
    gather: Callable[[Sources, Any], Any] | None = None
    """Set on a tool that needs more than one model: reads it from the sources, so that `run` stays pure."""
    needs_model: bool = True
    """Without one, `run` is given None."""
    change: Callable[..., None] | None = None
    """Set on a tool that makes a new model: carries the change out on the model given; called as `run`."""
    compensation: str | None = None
    """Set on a tool that has an effect: what makes it good when a run goes back behind it, in a sentence."""
    split: Split | None = None
    """Set on a tool whose work may be large."""
    queue: Literal["tools", "tools.long"] = "tools"
    soft_time_limit_s: int = 600

    TASK_PREFIX: ClassVar[str] = "tool."

    @property
    def needs_approval(self) -> bool:
        """Whether a human must agree before the tool runs."""
        return self.change is not None

    def carry_out(self, model: Model | None, args: Args, sources: Sources) -> Result:
        """Gather what the tool needs, and run it."""
        return self.run(model, args, *self._gathered(sources, args))

    def apply(self, model: Model, args: Args, sources: Sources) -> None:
        """Carry the change out on the model; only for a tool that has one."""
        assert self.change is not None
        self.change(model, args, *self._gathered(sources, args))

    def _gathered(self, sources: Sources, args: Args) -> tuple[Any, ...]:
        return () if self.gather is None else (self.gather(sources, args),)

    @property
    def task_name(self) -> str:
        return f"{self.TASK_PREFIX}{self.name}"
