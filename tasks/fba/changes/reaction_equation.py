"""The equation of a reaction: `atp_c + 2 h2o_c <=> adp_c + pi_c`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fluxagents.flows.errors import ErrorClass, FluxError

ANY_FLUX_MMOL_PER_GDW_H = 1_000.0
"""The bound that means no limit in nearly all models."""

ARROWS = {
    "<=>": (-ANY_FLUX_MMOL_PER_GDW_H, ANY_FLUX_MMOL_PER_GDW_H),
    "<->": (-ANY_FLUX_MMOL_PER_GDW_H, ANY_FLUX_MMOL_PER_GDW_H),
    "-->": (0.0, ANY_FLUX_MMOL_PER_GDW_H),
    "->": (0.0, ANY_FLUX_MMOL_PER_GDW_H),
    "=>": (0.0, ANY_FLUX_MMOL_PER_GDW_H),
    "<--": (-ANY_FLUX_MMOL_PER_GDW_H, 0.0),
    "<-": (-ANY_FLUX_MMOL_PER_GDW_H, 0.0),
    "<=": (-ANY_FLUX_MMOL_PER_GDW_H, 0.0),
}
"""Arrow -> the bounds that it means, mmol/gDW/h."""

_ARROW = re.compile(
    r"(?:^|\s)(" + "|".join(map(re.escape, sorted(ARROWS, key=len, reverse=True))) + r")(?:\s|$)"
)

_TERM = re.compile(r"(?:(\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)\s+)?(\S+)")


@dataclass(frozen=True, slots=True)
class Equation:
    """Stoichiometry (consumed negative) by metabolite id, and the bounds (mmol/gDW/h) of its arrow."""

    stoichiometry: dict[str, float]
    bounds: tuple[float, float]


def read_equation(text: str) -> Equation:
    """Read an equation; a metabolite on both sides counts with the difference.

    Raises:
        FluxError: `BAD_ARGUMENT`, saying what cannot be read.
    """
    parts = _ARROW.split(text)
    if len(parts) != len(("left", "arrow", "right")):
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"equation '{text}' has {len(parts) // 2} arrows, not one",
            suggestions=("such as 'a_c + 2 b_c --> c_c', or '<=>' if it is reversible",),
        )
    left, arrow, right = parts
    stoichiometry: dict[str, float] = {}
    for side, sign in ((left, -1.0), (right, 1.0)):
        for coefficient, metabolite in _terms(side, text):
            stoichiometry[metabolite] = stoichiometry.get(metabolite, 0.0) + sign * coefficient
    return Equation({name: value for name, value in stoichiometry.items() if value}, ARROWS[arrow])


def _terms(side: str, text: str) -> list[tuple[float, str]]:
    if not side.strip():
        return []
    matches = [_TERM.fullmatch(term.strip()) for term in re.split(r"\s\+\s", side)]
    terms = [(float(match[1] or 1), match[2]) for match in matches if match]
    if len(terms) < len(matches):
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"'{side.strip()}' in equation '{text}' is no sum of metabolites",
            suggestions=("write coefficients before ids, ' + ' between: '2 a_c + b_c'",),
        )
    return terms
