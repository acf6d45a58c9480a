"""What every tool takes and gives: typed arguments, and a typed result in three tiers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel, ConfigDict, JsonValue

from fluxagents.tasks.display import fit_display
from fluxagents.tasks.ports.models import Concern

if TYPE_CHECKING:
    import pandas as pd

KEY_FINDINGS_BYTES = 2_048
"""Most that a result may put before a chat model, without the warnings about the model."""

SUMMARY_BYTES = 5_120
"""Most that a result may put into the state of a run."""


class Args(BaseModel):
    """Arguments of a tool; an unknown one is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @property
    def further_solvers(self) -> tuple[str, ...]:
        """Packages of the solvers that these arguments choose beside the model's own."""
        return ()

    @property
    def further_concerns(self) -> frozenset[Concern]:
        """What the result rests on with these arguments beside `Tool.rests_on`."""
        return frozenset()

    @property
    def further_models(self) -> tuple[str, ...]:
        """The models that these arguments name beside that of the run."""
        return ()


class Result(BaseModel):
    """All that a tool computes. Numbers carry their unit in the field's name; a missing one is None."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    max_findings: ClassVar[int | None] = None
    """Most items of one list that a chat model is shown; None for as many as fit."""

    def display(self, limit: int) -> dict[str, JsonValue]:
        """The result without its tables, with at most `limit` items in each list."""
        raise NotImplementedError

    def key_findings(self) -> dict[str, JsonValue]:
        """What a chat model needs to answer, in at most 2 KB of JSON."""
        most = self.max_findings
        return fit_display(
            self.display if most is None else lambda limit: self.display(min(limit, most)), KEY_FINDINGS_BYTES
        )

    def summary(self) -> dict[str, JsonValue]:
        """The structured result without its tables, in at most 5 KB of JSON."""
        return fit_display(self.display, SUMMARY_BYTES)

    def tables(self) -> Mapping[str, pd.DataFrame]:
        """The full data, one table per name; columns carry their unit in the name."""
        raise NotImplementedError
