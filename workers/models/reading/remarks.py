"""What was dropped, guessed or put right while a file was read: one warning per kind, with its count."""

from __future__ import annotations

from dataclasses import dataclass, field

from fluxagents.tasks.ports.models import Concern, ModelWarning

_MAX_ELEMENTS = 10

_KINDS: dict[str, tuple[str, tuple[Concern, ...]]] = {
    "number_as_text": (
        "a number is written as text, and read as the number",
        (Concern.GROWTH, Concern.FLUXES, Concern.MEDIUM),
    ),
    "bound_assumed": (
        "a reaction lacks a flux bound, and 0 below or 1000 mmol/gDW/h above is assumed",
        (Concern.GROWTH, Concern.FLUXES, Concern.MEDIUM),
    ),
    "empty_reaction": ("a reaction lacks its metabolites, and its flux means nothing", (Concern.FLUXES,)),
    "constraints_left_out": (
        "the file has constraints of its own, which are not read: growth and fluxes may be less than here",
        (Concern.GROWTH, Concern.FLUXES),
    ),
    "compartment_guessed": ("a compartment is missing, and taken from the end of the id", (Concern.MEDIUM,)),
    "compartment_unknown": ("a compartment is missing, and taken as not known", (Concern.MEDIUM,)),
    "charge_unknown": ("a charge is no whole number, and taken as not known", (Concern.COMPOUNDS,)),
    "formula_unknown": ("a formula is no text, and taken as not known", (Concern.COMPOUNDS,)),
    "several_models": ("the file holds several models, and the first is read", tuple(Concern)),
    "id_as_number": ("an id is a number, and read as text", ()),
    "subsystem_joined": ("a reaction names several subsystems; they are joined, and the first counts", ()),
    "text_left_out": ("a value is of no readable form, and left out", ()),
    "group_left_out": ("a group, or a member of one, cannot be read and is left out", ()),
    "field_left_out": ("the file has fields that are not read", ()),
}
"""Kind -> what is so, and what was done; and what it can change."""


@dataclass(slots=True)
class _Remark:
    example: str
    count: int = 0
    elements: dict[str, None] = field(default_factory=dict)


class Remarks:
    """Collects what the reading of one file had to put right."""

    def __init__(self) -> None:
        self._remarks: dict[str, _Remark] = {}

    def add(self, kind: str, element: str, example: str) -> None:
        """Count one more of a kind; the first example is shown, such as "charge of metabolite 'a': 'nan'"."""
        remark = self._remarks.setdefault(kind, _Remark(example))
        remark.count += 1
        if len(remark.elements) < _MAX_ELEMENTS:
            remark.elements[element] = None

    def list_warnings(self) -> list[ModelWarning]:
        """One warning per kind, in the order in which the kinds were met."""
        return [_warn(kind, remark) for kind, remark in self._remarks.items()]


def _warn(kind: str, remark: _Remark) -> ModelWarning:
    sentence, concerns = _KINDS[kind]
    more = f" (and {remark.count - 1} more)" if remark.count > 1 else ""
    return ModelWarning(
        kind=kind,
        message=f"{sentence}: {remark.example}{more}",
        count=remark.count,
        elements=tuple(remark.elements),
        concerns=concerns,
    )
