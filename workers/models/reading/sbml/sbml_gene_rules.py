"""Gene rules of SBML: associations that libSBML or cobra would misread, and rules that stand in notes."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cobra import Model
from cobra.core import GPR

from fluxagents.tasks.ports.models import ModelWarning
from fluxagents.workers.models.reading.gene_rules import read_gene_rule, warn_of_left_out
from fluxagents.workers.models.reading.sbml.sbml_outline import SbmlOutline

_NOTE = re.compile(
    r"\b(?:GENE[ _-]?ASSOCIATION|GENE[ _-]REACTION[ _-]RULE|GPR(?:[ _-](?:ASSOCIATION|RULE))?)\s*"
    r"(?:</[^>]+>\s*)*:\s*(?:<[^/>][^>]*>\s*)*([^<]*)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\s()&|]+")
_OPERATORS = {"and", "or"}


def take_gene_rules(document: Any, outline: SbmlOutline, decode: Callable[[str], str]) -> dict[str, str]:
    """Take out of a libSBML document the rules that cobra must not read: reaction id -> the rule as text.

    These are the associations that are empty in part, hold several rules or are very deep, which are removed,
    and the notes of a file without any association, which stay.
    """
    model = document.getModel()
    if not outline.gene_associations:
        return dict(_find_notes(model, decode))
    taken = {}
    for identifier, count in outline.odd_gene_rules.items():
        reaction = model.getReaction(identifier).getPlugin("fbc")
        association = reaction.getGeneProductAssociation()
        rule = _write(association.getAssociation(), decode) if association else ""
        # libSBML keeps one of several rules, so what joins them is not known.
        taken[identifier] = rule if count <= 1 else f"{rule} ({count} rules in one association)"
        reaction.unsetGeneProductAssociation()
    return taken


def set_gene_rules(model: Model, rules: Mapping[str, str]) -> list[ModelWarning]:
    """Give the model these rules: reaction id -> text. One warning for all that cannot be read."""
    problems = {}
    for identifier, text in rules.items():
        rule, problem = read_gene_rule(text)
        if problem:
            problems[identifier] = problem
        reaction = model.reactions.get_by_id(identifier)
        reaction.gpr = GPR.from_string(rule)
        for gene in reaction.genes:
            gene.name = gene.name or gene.id
    return warn_of_left_out(problems)


def _find_notes(model: Any, decode: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    for reaction in model.getListOfReactions():
        notes = reaction.getNotesString()
        texts = (" ".join(html.unescape(text).split()) for text in _NOTE.findall(notes)) if notes else ()
        rule = next(filter(None, texts), "")
        if rule:
            yield reaction.getIdAttribute(), _WORD.sub(lambda word: _decode_word(word[0], decode), rule)


def _decode_word(word: str, decode: Callable[[str], str]) -> str:
    return word if word.lower() in _OPERATORS else decode(word)


def _write(association: Any, decode: Callable[[str], str]) -> str:
    """The rule as text; `()` where it is empty."""
    if association is None:
        return "()"
    if association.isGeneProductRef():
        return decode(association.getGeneProduct()) or "()"
    joined = [_write(child, decode) for child in association.getListOfAssociations()]
    operator = " and " if association.isFbcAnd() else " or "
    return f"({operator.join(joined)})"
