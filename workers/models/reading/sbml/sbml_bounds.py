"""The flux bounds that an SBML file writes: by parameters, as a list, or in kinetic laws."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from fluxagents.workers.models.reading.sbml.sbml_outline import ReactionOutline, SbmlOutline, read_number

_LOWER, _UPPER = "lower", "upper"
_SIDES = {
    "greaterEqual": (_LOWER,),
    "greater": (_LOWER,),
    "lessEqual": (_UPPER,),
    "less": (_UPPER,),
    "equal": (_LOWER, _UPPER),
}
"""Operation of a flux bound -> the sides that it sets."""

_USUAL_BOUND = 1_000.0


@dataclass(slots=True)
class WrittenBound:
    """A bound of one side as written: its text, and where it stands."""

    text: str | None
    where: str


@dataclass(slots=True)
class WrittenBounds:
    """All that a file writes about one reaction's bounds."""

    sides: dict[str, list[WrittenBound]] = field(default_factory=lambda: {_LOWER: [], _UPPER: []})
    assumed: tuple[float, float] = (-_USUAL_BOUND, _USUAL_BOUND)
    """What holds for a side of which the file writes nothing."""

    @property
    def numbers(self) -> tuple[float, float]:
        """The tightest bounds; raises `ValueError` if one is no number."""
        lower, upper = (
            [_number(bound) for bound in self.sides[side]] or [usual]
            for side, usual in zip((_LOWER, _UPPER), self.assumed, strict=True)
        )
        return max(lower), min(upper)

    @property
    def is_complete(self) -> bool:
        return all(self.sides.values())


def find_bounds(outline: SbmlOutline) -> dict[str, WrittenBounds]:
    """Reaction -> its bounds as written."""
    listed = {identifier: _begin(outline, reaction) for identifier, reaction in outline.reactions.items()}
    for identifier, operation, text in outline.flux_bounds:
        for side in _SIDES.get(operation, ()):
            if identifier in listed:
                listed[identifier].sides[side].append(WrittenBound(text, f"its flux bound '{operation}'"))
    for identifier, reaction in outline.reactions.items():
        bounds = listed[identifier]
        for side, parameter, law in (
            (_LOWER, reaction.lower, "LOWER_BOUND"),
            (_UPPER, reaction.upper, "UPPER_BOUND"),
        ):
            if parameter is not None and outline.fbc_version != 1:
                text = outline.parameters.get(parameter, (None, True))[0]
                bounds.sides[side].append(WrittenBound(text, f"the parameter '{parameter}'"))
            elif not bounds.sides[side] and law in reaction.law:
                bounds.sides[side].append(WrittenBound(reaction.law[law], f"'{law}' in its kinetic law"))
    return listed


def find_faulty_bounds(outline: SbmlOutline, bounds: Mapping[str, WrittenBounds]) -> Iterator[str]:
    """Bounds that are no number, unbounded the wrong way, computed or crossed: ends of sentences."""
    for identifier, operation, _ in outline.flux_bounds:
        if operation not in _SIDES:
            known = ", ".join(_SIDES)
            yield f"has a flux bound '{operation}' of reaction '{identifier}': the operations are {known}"
    yield from _find_computed(outline)
    for identifier, written in bounds.items():
        fault = next(_find_faults(identifier, written), None)
        if fault:
            yield fault


def _begin(outline: SbmlOutline, reaction: ReactionOutline) -> WrittenBounds:
    """Without bounds: libSBML takes those of fbc version 1 for infinite, cobra the others for usual ones."""
    highest = math.inf if outline.fbc_version == 1 else _USUAL_BOUND
    return WrittenBounds(assumed=(-highest if reaction.is_reversible else 0.0, highest))


def _find_computed(outline: SbmlOutline) -> Iterator[str]:
    for identifier, reaction in outline.reactions.items():
        for side, parameter in ((_LOWER, reaction.lower), (_UPPER, reaction.upper)):
            if parameter in outline.set_by_rules:
                yield (
                    f"computes the {side} bound of reaction '{identifier}': the parameter '{parameter}' is "
                    f"set by an element '{outline.set_by_rules[parameter]}', which is not read; "
                    "write its number as its 'value' and remove that element"
                )


def _find_faults(identifier: str, bounds: WrittenBounds) -> Iterator[str]:
    for side, wrong in ((_LOWER, math.inf), (_UPPER, -math.inf)):
        yield from _find_faulty_numbers(identifier, side, bounds.sides[side], wrong)
    lower, upper = bounds.numbers
    if lower > upper:
        wheres = [bound.where for side in (_LOWER, _UPPER) for bound in bounds.sides[side]]
        yield (
            f"has a lower bound of {lower:g} above the upper bound of {upper:g} mmol/gDW/h in reaction "
            f"'{identifier}': correct {' and '.join(wheres)}"
        )


def _find_faulty_numbers(
    identifier: str, side: str, bounds: Sequence[WrittenBound], wrong: float
) -> Iterator[str]:
    for bound in bounds:
        number = read_number(bound.text)
        if number is None:
            written = "no number" if bound.text is None else f"'{bound.text[:60]}'"
            yield (
                f"has {written} as the {side} bound of reaction '{identifier}' ({bound.where}): "
                "write a number, INF or -INF in mmol/gDW/h"
            )
        elif number == wrong:
            yield (
                f"has {bound.text} as the {side} bound of reaction '{identifier}' ({bound.where}), "
                f"which no flux can keep: write a number or {'-' if side == _LOWER else ''}INF"
            )


def _number(bound: WrittenBound) -> float:
    number = read_number(bound.text)
    if number is None:
        raise ValueError(bound.text)
    return number
