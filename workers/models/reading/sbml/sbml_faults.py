"""What makes an SBML file ambiguous or incomplete, each as the end of a sentence about the file."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping

from fluxagents.workers.models.reading.field_values import read_id
from fluxagents.workers.models.reading.remarks import Remarks
from fluxagents.workers.models.reading.sbml.sbml_bounds import WrittenBounds, find_faulty_bounds
from fluxagents.workers.models.reading.sbml.sbml_outline import SbmlOutline, read_number

_VERSIONS = {"1": "12", "2": "12345", "3": "12"}
"""Level -> its versions."""

_SENSES = ("maximize", "minimize")
_SHOWN_CHARACTERS = 60


def find_faults(
    outline: SbmlOutline,
    bounds: Mapping[str, WrittenBounds],
    decoders: Mapping[str, Callable[[str], str]],
    senses: Mapping[str, str],
) -> Iterator[str]:
    """The faults of a file, the first one first.

    Args:
        outline: Of the file.
        bounds: Reaction -> its bounds as written.
        decoders: Kind of element -> how an id as written becomes the model's.
        senses: What a file may call the senses of an objective -> what SBML calls them.

    Raises:
        RefusedFileError: An id is none that a solver can name.
    """
    yield from _find_unknown_kinds(outline)
    yield from _find_duplicates(outline)
    yield from _find_missing(outline)
    yield from _find_merged(outline, decoders)
    yield from outline.faults
    yield from _find_set_stoichiometry(outline)
    yield from find_faulty_bounds(outline, bounds)
    yield from _find_faulty_objectives(outline, senses)


def _find_unknown_kinds(outline: SbmlOutline) -> Iterator[str]:
    if not outline.version or outline.version not in _VERSIONS.get(outline.level, ""):
        yield (
            f"is SBML of level '{outline.level}', version '{outline.version}', which does not exist: "
            "write the right 'level' and 'version' into the element 'sbml'"
        )
    if "fbc" in outline.packages and not outline.fbc_version:
        yield "uses the package fbc by a namespace that is not known: write that of fbc version 2"


def _find_duplicates(outline: SbmlOutline) -> Iterator[str]:
    for what, counted in outline.counts.items():
        twice = [identifier for identifier, count in counted.items() if count > 1]
        if twice:
            more = count_more(len(twice) - 1)
            yield f"declares the {what} '{twice[0]}' more than once{more}: rename or remove one"


def _find_missing(outline: SbmlOutline) -> Iterator[str]:
    for what, named in outline.references.items():
        if what == "stoichiometry":
            continue
        missing = [identifier for identifier in named if identifier not in outline.counts.get(what, {})]
        if missing:
            where = f"the {what} '{missing[0]}' in {named[missing[0]]}"
            more = count_more(len(missing) - 1)
            yield f"refers to {where} and does not declare it{more}: declare it or correct its id"


def _find_merged(outline: SbmlOutline, decoders: Mapping[str, Callable[[str], str]]) -> Iterator[str]:
    for what, decode in decoders.items():
        read: dict[str, str] = {}
        for identifier in outline.counts.get(what, ()):
            if what != "gene product":
                read_id(decode(identifier), what, 0, Remarks())
            other = read.setdefault(decode(identifier), identifier)
            if other != identifier:
                yield (
                    f"declares the {what} '{other}' and '{identifier}', which are both read as "
                    f"'{decode(identifier)}': rename one"
                )


def _find_set_stoichiometry(outline: SbmlOutline) -> Iterator[str]:
    for identifier, where in outline.references.get("stoichiometry", {}).items():
        if identifier in outline.set_by_rules:
            yield (
                f"computes the stoichiometry of {where} by an element '{outline.set_by_rules[identifier]}', "
                "which is not read: write its number as the attribute 'stoichiometry' and remove that element"
            )


def _find_faulty_objectives(outline: SbmlOutline, senses: Mapping[str, str]) -> Iterator[str]:
    active = outline.active_objective
    if active and active not in outline.objectives:
        known = ", ".join(outline.objectives) or "none"
        yield f"names '{active}' as its active objective and does not declare it: name one of {known}"
    for identifier, objective in outline.objectives.items():
        if active not in {"", identifier}:
            continue
        if objective.sense.strip().lower() not in senses:
            written = objective.sense[:_SHOWN_CHARACTERS]
            yield f"has '{written}' as the type of the objective '{identifier}': write {' or '.join(_SENSES)}"
        for name, text in objective.coefficients:
            number = read_number(text)
            if number is None or math.isinf(number):
                written = "no number" if text is None else f"'{text[:_SHOWN_CHARACTERS]}'"
                yield (
                    f"has {written} as the coefficient of reaction '{name}' in the objective "
                    f"'{identifier}': write a finite number"
                )
    for identifier, reaction in outline.reactions.items():
        text = reaction.law.get("OBJECTIVE_COEFFICIENT")
        if not outline.fbc_version and text is not None:
            number = read_number(text)
            if number is None or math.isinf(number):
                yield (
                    f"has '{text[:_SHOWN_CHARACTERS]}' as OBJECTIVE_COEFFICIENT of reaction '{identifier}': "
                    "write a finite number"
                )


def count_more(count: int) -> str:
    """What a message says of those that it does not name."""
    return f" (and {count} more)" if count else ""
