"""A model out of SBML, levels 2 and 3."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping
from typing import Any

from cobra import Metabolite, Model, Reaction
from cobra.io import sbml as cobra_sbml

from fluxagents.tasks.ports.models import ModelWarning
from fluxagents.workers.models.reading.boundary import open_boundary
from fluxagents.workers.models.reading.bounds import read_with_any_bounds
from fluxagents.workers.models.reading.field_values import Place, read_charge, read_formula, show
from fluxagents.workers.models.reading.refusal import RefusedFileError
from fluxagents.workers.models.reading.remarks import Remarks
from fluxagents.workers.models.reading.sbml.not_plain import NotPlainError
from fluxagents.workers.models.reading.sbml.outline_reader import FaultyXmlError, read_outline
from fluxagents.workers.models.reading.sbml.plain_reader import read_plain
from fluxagents.workers.models.reading.sbml.sbml_bounds import WrittenBounds, find_bounds
from fluxagents.workers.models.reading.sbml.sbml_document import SENSES, correct_document
from fluxagents.workers.models.reading.sbml.sbml_faults import find_faults
from fluxagents.workers.models.reading.sbml.sbml_gene_rules import set_gene_rules, take_gene_rules
from fluxagents.workers.models.reading.sbml.sbml_ids import (
    decode_gene,
    decode_group,
    decode_reaction,
    decode_species,
)
from fluxagents.workers.models.reading.sbml.sbml_outline import SbmlOutline, read_number
from fluxagents.workers.models.reading.sbml.sbml_warnings import list_warnings


def read_sbml(data: bytes) -> tuple[Model, list[ModelWarning]]:
    """The model, and what a user should know about its file; raises `RefusedFileError`."""
    found = _outline(data)
    bounds = find_bounds(found)
    for fault in find_faults(found, bounds, _DECODERS, SENSES):
        raise RefusedFileError(fault)
    model, rule_warnings = _read(data, found, bounds)
    remarks = Remarks()
    _set_compounds(model, found, remarks)
    _join_subsystems(model, remarks)
    boundary_warnings = open_boundary(model, {decode_species(name) for name in found.boundary_species})
    return model, [
        *list_warnings(found, bounds),
        *rule_warnings,
        *remarks.list_warnings(),
        *boundary_warnings,
    ]


_DECODERS = {"species": decode_species, "reaction": decode_reaction, "gene product": decode_gene}


def _read(
    data: bytes, found: SbmlOutline, bounds: Mapping[str, WrittenBounds]
) -> tuple[Model, list[ModelWarning]]:
    try:
        return read_plain(data, found, bounds), []
    except NotPlainError:
        return _read_any(data, found, bounds)


def _read_any(
    data: bytes, found: SbmlOutline, bounds: Mapping[str, WrittenBounds]
) -> tuple[Model, list[ModelWarning]]:
    """As libSBML and cobra read it, with what they misread put right."""
    document = _parse(data)
    if document.getModel() is None:
        raise RefusedFileError("holds no element 'model': write one into 'sbml'")
    rules = take_gene_rules(document, found, decode_gene)
    correct_document(document, found)
    model = _build(document, found, bounds)
    warned = set_gene_rules(model, {decode_reaction(key): rule for key, rule in rules.items()})
    _set_bounds(model, bounds)
    _set_objective(model, found)
    return model, warned


def _outline(data: bytes) -> SbmlOutline:
    try:
        return read_outline(data)
    except FaultyXmlError as error:
        raise RefusedFileError(str(error)) from error


def _parse(data: bytes) -> Any:
    """The libSBML document, from a file, since its XML declaration may name any encoding."""
    with tempfile.NamedTemporaryFile(suffix=".xml", dir=".") as file:
        file.write(data)
        file.flush()
        return cobra_sbml._get_doc_from_filename(file.name)  # noqa: SLF001 - to correct what it holds


def _build(document: Any, found: SbmlOutline, bounds: Mapping[str, WrittenBounds]) -> Model:
    """Cobra's reading of a document; without fbc, genes are left to `set_gene_rules`."""
    replace = {
        **cobra_sbml.F_REPLACE,
        "F_GENE": decode_gene if found.fbc_version else _forget_gene,
        "F_SPECIE": decode_species,
        "F_REACTION": decode_reaction,
        "F_GROUP": decode_group,
    }

    def build() -> Model:
        return cobra_sbml._sbml_to_model(document, f_replace=replace)  # noqa: SLF001 - as above

    lowest = (written.numbers[0] for written in bounds.values())
    model = read_with_any_bounds(build) if max(lowest, default=0) > _USUAL_BOUND else build()
    if not found.fbc_version and "" in model.genes:
        model.genes.remove("")
    return model


_USUAL_BOUND = 1_000.0


def _forget_gene(_identifier: str) -> str:
    return ""


def _set_bounds(model: Model, bounds: Mapping[str, WrittenBounds]) -> None:
    """Bounds that cobra reads otherwise: missing ones, those of a second list, those in kinetic laws."""
    for identifier, written in bounds.items():
        reaction = model.reactions.get_by_id(decode_reaction(identifier))
        if reaction.bounds != written.numbers:
            reaction.bounds = written.numbers


def _set_objective(model: Model, found: SbmlOutline) -> None:
    """The sum of the coefficients of a reaction that an objective names twice; cobra takes the last."""
    used = found.active_objective or (next(iter(found.objectives)) if len(found.objectives) == 1 else "")
    if used not in found.objectives:
        return
    named = Counter(reaction for reaction, _ in found.objectives[used].coefficients)
    for identifier in (identifier for identifier, count in named.items() if count > 1):
        written = (text for name, text in found.objectives[used].coefficients if name == identifier)
        reaction = model.reactions.get_by_id(decode_reaction(identifier))
        reaction.objective_coefficient = sum(read_number(text) or 0.0 for text in written)


def _set_compounds(model: Model, found: SbmlOutline, remarks: Remarks) -> None:
    """Charges and formulas as the file gives them, in its attributes or else in its notes."""
    charges = {decode_species(identifier): text for identifier, text in found.charges.items()}
    for metabolite in model.metabolites:
        notes = {key.upper(): value for key, value in metabolite.notes.items()}
        _set_charge(metabolite, charges.get(metabolite.id), notes, remarks)
        formula = metabolite.formula or notes.get("FORMULA")
        metabolite.formula = read_formula(formula, _place(metabolite, "formula"), remarks)


def _join_subsystems(model: Model, remarks: Remarks) -> None:
    """All groups of a reaction as its subsystem, in the order of the file: cobra keeps the last one."""
    names: dict[Reaction, dict[str, None]] = {}
    for group in model.groups:
        for member in group.members:
            if isinstance(member, Reaction) and group.name:
                names.setdefault(member, {})[group.name] = None
    for reaction in model.reactions:  # the members of a group are a set, in no order
        groups = names.get(reaction, {})
        if len(groups) > 1:
            reaction.subsystem = "; ".join(groups)
            place = Place("reaction", reaction.id, "subsystem")
            remarks.add("subsystem_joined", reaction.id, f"{place} is {show(reaction.subsystem)}")


def _set_charge(
    metabolite: Metabolite, written: str | None, notes: Mapping[str, str], remarks: Remarks
) -> None:
    text = (written if written is not None else notes.get("CHARGE", "")).strip()
    try:  # All of SBML is text: a number in it is no remark.
        value: object = float(text)
    except ValueError:
        value = text
    metabolite.charge = read_charge(value, _place(metabolite, "charge"), remarks)


def _place(metabolite: Metabolite, field: str) -> Place:
    return Place("metabolite", metabolite.id, field)
