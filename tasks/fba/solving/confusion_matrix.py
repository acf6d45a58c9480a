"""Predictions against observations: the four counts, and what is made of them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.tasks.display import cut_text, list_names, round_for_display

Pair = tuple[bool, bool]
"""Predicted and observed."""

_NAME_BYTES = 60


class ConfusionMatrix(BaseModel):
    """Predicted against observed; what is positive says the class that is made of it."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    true_positives: int = Field(description="Count of what is positive in both.")
    true_negatives: int = Field(description="Count of what is positive in neither.")
    false_positives: int = Field(description="Count of what is positive in the model only.")
    false_negatives: int = Field(description="Count of what is positive in the observation only.")
    accuracy_fraction: float | None = Field(description="Of all that is compared; None without any.")
    precision_fraction: float | None = Field(description="Of those predicted positive, those observed so.")
    recall_fraction: float | None = Field(description="Of those observed positive, those predicted so.")
    mcc: float | None = Field(
        description="Matthews correlation coefficient, a fraction from -1 to 1; None if it has no value."
    )

    @classmethod
    def of(cls, pairs: Iterable[Pair], **fields: object) -> Self:
        """Count pairs of predicted and observed.

        Args:
            pairs: One for each thing that is compared.
            fields: What a class made of this one holds beside it.
        """
        compared = list(pairs)
        tp, tn, fp, fn = (compared.count(outcome) for outcome in _OUTCOMES)
        margins = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
        statistics = {
            "true_positives": tp,
            "true_negatives": tn,
            "false_positives": fp,
            "false_negatives": fn,
            "accuracy_fraction": _fraction(tp + tn, len(compared)),
            "precision_fraction": _fraction(tp, tp + fp),
            "recall_fraction": _fraction(tp, tp + fn),
            "mcc": (tp * tn - fp * fn) / math.sqrt(margins) if margins else None,
        }
        return cls.model_validate(statistics | fields)

    def display(self, limit: int) -> dict[str, JsonValue]:
        """All counts and fractions, and some of each list of ids."""
        return {name: _display(getattr(self, name), limit) for name in type(self).model_fields}


_OUTCOMES: tuple[Pair, ...] = ((True, True), (False, False), (True, False), (False, True))
"""True positive, true negative, false positive, false negative."""


def _display(value: object, limit: int) -> JsonValue:
    if isinstance(value, tuple):
        return list_names([cut_text(item, _NAME_BYTES) for item in value], limit)
    if isinstance(value, float):
        return round_for_display(value)
    assert value is None or isinstance(value, int | str)
    return value


def _fraction(part: int, whole: int) -> float | None:
    return part / whole if whole else None
