"""Writers of SBML: level 3 with fbc 2 and fbc 1, and level 2 with kinetic laws and notes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from tests.support.wild.draft import ABSENT, Draft
from tests.support.wild.gene_logic import write_rule
from tests.support.wild.network import Reaction, Rule, Species

_L3 = "http://www.sbml.org/sbml/level3/version1"
_HEADS = {
    "fbc2": f'xmlns="{_L3}/core" xmlns:fbc="{_L3}/fbc/version2" level="3" version="1" fbc:required="false"',
    "fbc1": f'xmlns="{_L3}/core" xmlns:fbc="{_L3}/fbc/version1" level="3" version="1" fbc:required="false"',
    "l2": 'xmlns="http://www.sbml.org/sbml/level2/version4" level="2" version="4"',
}
_HTML = 'xmlns="http://www.w3.org/1999/xhtml"'


def write_fbc2(draft: Draft) -> bytes:
    return _Writer(draft, "fbc2").write()


def write_fbc1(draft: Draft) -> bytes:
    return _Writer(draft, "fbc1").write()


def write_level2(draft: Draft) -> bytes:
    return _Writer(draft, "l2").write()


def encode_id(identifier: str, prefix: str) -> str:
    """As the BiGG tools: a letter before it, and `__45__` for what SBML does not allow in ids."""
    return prefix + re.sub(r"[^A-Za-z0-9_]", lambda match: f"__{ord(match[0])}__", identifier)


class _Writer:
    def __init__(self, draft: Draft, dialect: str) -> None:
        self._draft = draft
        self._network = draft.network
        self._dialect = dialect
        self._constant = "" if dialect == "l2" else ' constant="true"'

    def write(self) -> bytes:
        strict = ' fbc:strict="false"' if self._dialect == "fbc2" else ""
        lines = [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f"<sbml {_HEADS[self._dialect]}>",
            f'<model id="wild"{strict}>',
            self._draft.extra.get("notes", ""),
            *self._list("Compartments", self._compartments()),
            *self._list("Species", self._species()),
            *self._list("Parameters", self._parameters()),
            *self._list("Reactions", self._reactions()),
            *self._flux_package(),
            "</model>",
            "</sbml>",
        ]
        return ("\n".join(line for line in lines if line) + "\n").encode()

    def _list(self, name: str, items: Iterator[str], prefix: str = "") -> Iterator[str]:
        held = list(items)
        if held:
            yield from (f"<{prefix}listOf{name}>", *held, f"</{prefix}listOf{name}>")

    def _compartments(self) -> Iterator[str]:
        for identifier, name in self._network.compartments.items():
            yield f"<compartment id={quoteattr(identifier)} name={quoteattr(name)}{self._constant}/>"

    def _species(self) -> Iterator[str]:
        for species in self._network.species:
            if species.id in self._draft.undeclared:
                continue
            for _ in self._draft.repeat(species.id):
                yield self._one_species(species, is_outside=species.id in self._draft.flagged)
        for name in sorted(self._draft.outside.values()):
            outside = Species(name, "e", "", 0)
            yield self._one_species(outside, is_outside=self._draft.is_outside_flagged)

    def _one_species(self, species: Species, *, is_outside: bool) -> str:
        cell = self._draft.cell
        formula, charge = (
            cell(species.id, "formula", species.formula),
            cell(species.id, "charge", species.charge),
        )
        attributes = {
            "id": encode_id(species.id, "M_"),
            "name": species.id,
            "compartment": species.compartment,
            "hasOnlySubstanceUnits": "true",
            "boundaryCondition": "true" if is_outside else "false",
            "constant": "false",
        }
        notes = []
        for name, label, value in (("chemicalFormula", "FORMULA", formula), ("charge", "CHARGE", charge)):
            if value is ABSENT:
                continue
            if self._dialect == "l2":
                notes.append(f"{label}: {value}")
            else:
                attributes[f"fbc:{name}"] = _number(value)
        notes = [*notes, *cell(species.id, "notes", [])]
        return f"<species {_attributes(attributes)}>{_notes(notes)}</species>"

    def _parameters(self) -> Iterator[str]:
        if self._dialect != "fbc2":
            return
        for reaction in self._network.reactions:
            for side, usual in (("lower", reaction.lower), ("upper", reaction.upper)):
                value = self._draft.cell(reaction.id, f"{side}_bound", usual)
                if value is not ABSENT:
                    identifier = encode_id(f"{reaction.id}_{side}", "p_")
                    yield f'<parameter id="{identifier}" value={quoteattr(_number(value))} constant="true"/>'

    def _reactions(self) -> Iterator[str]:
        for reaction in self._network.reactions:
            for _ in self._draft.repeat(reaction.id):
                yield from self._one_reaction(reaction)

    def _one_reaction(self, reaction: Reaction) -> Iterator[str]:
        cell = self._draft.cell
        attributes = {
            "id": encode_id(reaction.id, "R_"),
            "name": reaction.id,
            "reversible": "true" if reaction.lower < 0 else "false",
        }
        if self._dialect != "l2":
            attributes["fast"] = "false"
        if self._dialect == "fbc2":
            for side in ("lower", "upper"):
                if cell(reaction.id, f"{side}_bound", None) is not ABSENT:
                    attributes[f"fbc:{side}FluxBound"] = encode_id(f"{reaction.id}_{side}", "p_")
        yield f"<reaction {_attributes(attributes)}>"
        yield _notes([*self._gene_notes(reaction), *cell(reaction.id, "notes", [])])
        sides: dict[str, list[str]] = {"Reactants": [], "Products": []}
        for name, value in reaction.metabolites.items():
            written = cell(reaction.id, f"coefficient of {name}", _number(abs(value)))
            sides["Reactants" if value < 0 else "Products"].append(self._reference(name, written))
        if reaction.id in self._draft.outside:
            sides["Products"].append(self._reference(self._draft.outside[reaction.id], "1"))
        for name, references in sides.items():
            yield from self._list(name, iter(references))
        if self._dialect == "fbc2":
            usual = _association(reaction.rule)
            yield str(cell(reaction.id, "gene_reaction_rule", usual))
        if self._dialect == "l2":
            yield from self._kinetic_law(reaction)
        yield "</reaction>"

    def _reference(self, species: str, coefficient: str) -> str:
        identifier = encode_id(species, "M_")
        return f'<speciesReference species="{identifier}" stoichiometry="{coefficient}"{self._constant}/>'

    def _gene_notes(self, reaction: Reaction) -> Iterator[str]:
        if self._dialect == "fbc2":
            return
        rule = self._draft.cell(reaction.id, "gene_reaction_rule", write_rule(reaction.rule))
        if rule is not ABSENT:
            yield f"GENE_ASSOCIATION: {escape(str(rule))}"
        yield f"SUBSYSTEM: {escape(reaction.subsystem)}"

    def _kinetic_law(self, reaction: Reaction) -> Iterator[str]:
        yield '<kineticLaw><math xmlns="http://www.w3.org/1998/Math/MathML"><ci> FLUX_VALUE </ci></math>'
        values = {
            "LOWER_BOUND": self._draft.cell(reaction.id, "lower_bound", reaction.lower),
            "UPPER_BOUND": self._draft.cell(reaction.id, "upper_bound", reaction.upper),
            "OBJECTIVE_COEFFICIENT": self._network.objective.get(reaction.id, 0.0),
            "FLUX_VALUE": 0.0,
        }
        parameters = (
            f'<parameter id="{name}" value={quoteattr(_number(value))}/>'
            for name, value in values.items()
            if value is not ABSENT
        )
        yield from self._list("Parameters", parameters)
        yield "</kineticLaw>"

    def _flux_package(self) -> Iterator[str]:
        if self._dialect == "l2":
            return
        if self._dialect == "fbc1":
            yield from self._list("FluxBounds", self._flux_bounds(), "fbc:")
        yield '<fbc:listOfObjectives fbc:activeObjective="obj">'
        if self._draft.idle_objective:
            yield from self._objective("idle", "max", self._draft.idle_objective)
        yield from self._objective("obj", self._network.sense, self._network.objective)
        yield "</fbc:listOfObjectives>"
        if self._dialect == "fbc2":
            genes = (
                f'<fbc:geneProduct fbc:id="{encode_id(gene, "G_")}" fbc:label={quoteattr(gene)}/>'
                for gene in self._network.genes
                for _ in self._draft.repeat(gene)
            )
            yield from self._list("GeneProducts", genes, "fbc:")

    def _flux_bounds(self) -> Iterator[str]:
        for reaction in self._network.reactions:
            for side, operation, usual in (
                ("lower", "greaterEqual", reaction.lower),
                ("upper", "lessEqual", reaction.upper),
            ):
                value = self._draft.cell(reaction.id, f"{side}_bound", usual)
                if value is not ABSENT:
                    attributes = {
                        "fbc:id": encode_id(f"{reaction.id}_{side}", "b_"),
                        "fbc:reaction": encode_id(reaction.id, "R_"),
                        "fbc:operation": operation,
                        "fbc:value": _number(value),
                    }
                    yield f"<fbc:fluxBound {_attributes(attributes)}/>"

    def _objective(self, identifier: str, sense: str, coefficients: Any) -> Iterator[str]:
        yield f'<fbc:objective fbc:id="{identifier}" fbc:type="{sense}imize"><fbc:listOfFluxObjectives>'
        for reaction, value in coefficients.items():
            name = encode_id(reaction, "R_")
            yield f'<fbc:fluxObjective fbc:reaction="{name}" fbc:coefficient="{_number(value)}"/>'
        yield "</fbc:listOfFluxObjectives></fbc:objective>"


def _association(rule: Rule) -> str:
    if rule is None:
        return ""
    return f"<fbc:geneProductAssociation>{_operator(rule)}</fbc:geneProductAssociation>"


def _operator(rule: Rule) -> str:
    assert rule is not None
    if isinstance(rule, str):
        return f'<fbc:geneProductRef fbc:geneProduct="{encode_id(rule, "G_")}"/>'
    word, left, right = rule
    return f"<fbc:{word}>{_operator(left)}{_operator(right)}</fbc:{word}>"


def _notes(lines: list[str]) -> str:
    """Lines are HTML already."""
    body = "".join(f"<p>{line}</p>" for line in lines)
    return f"<notes><body {_HTML}>{body}</body></notes>" if lines else ""


def _attributes(attributes: dict[str, str]) -> str:
    return " ".join(f"{name}={quoteattr(value)}" for name, value in attributes.items())


def _number(value: Any) -> str:
    if isinstance(value, float):
        if math.isinf(value):
            return "INF" if value > 0 else "-INF"
        return "NaN" if math.isnan(value) else repr(value)
    return str(value)
