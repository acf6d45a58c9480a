"""What cobra would remark on each time a model is used: compartments and formulas that leave it guessing."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

from cobra import Model
from cobra.medium import find_external_compartment

from fluxagents.tasks.ports.models import Concern, ModelWarning
from fluxagents.workers.models.reading.cobra_messages import capture_messages

_MAX_ELEMENTS = 10

_RENAME = "name the one outside the cell 'e' in the file"


def check_contents(model: Model) -> Iterator[ModelWarning]:
    """A warning for an outside that was guessed, and one for formulas whose atoms cannot be counted."""
    yield from _check_outside(model)
    yield from _check_formulas(model)


def _check_outside(model: Model) -> Iterator[ModelWarning]:
    if not model.boundary:
        return
    concerns = (Concern.MEDIUM, Concern.GROWTH, Concern.FLUXES)
    try:
        with capture_messages() as remarks:
            outside = find_external_compartment(model)
    except RuntimeError:
        message = f"the compartment outside the cell cannot be told, so there is no medium: {_RENAME}"
        yield ModelWarning(kind="outside_unknown", message=message, concerns=concerns)
        return
    if remarks:
        rivals = any("several compartments" in remark for remark in remarks)
        why = "several compartments sound like it and" if rivals else "no compartment sounds like it and"
        way_out = "give the others another name" if rivals else _RENAME
        message = (
            f"compartment '{outside}' is taken for the outside of the cell: {why} it has the most boundary "
            f"reactions; if it is not, {way_out}"
        )
        yield ModelWarning(kind="outside_guessed", message=message, elements=(outside,), concerns=concerns)


def _check_formulas(model: Model) -> Iterator[ModelWarning]:
    odd = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for metabolite in model.metabolites:
            before = len(caught)
            if metabolite.formula and (metabolite.elements is None or len(caught) > before):
                odd.append(metabolite)
    if not odd:
        return
    first = odd[0]
    more = f" and {len(odd) - 1} more" if odd[1:] else ""
    message = (
        f"the atoms of formula '{str(first.formula)[:80]}' of '{first.id}'{more} cannot be counted exactly: "
        "balances and carbon yields that need them are not reliable; correct the formulas in the file"
    )
    yield ModelWarning(
        kind="formula_uncountable",
        message=message,
        count=len(odd),
        elements=tuple(metabolite.id for metabolite in odd[:_MAX_ELEMENTS]),
        concerns=(Concern.COMPOUNDS,),
    )
