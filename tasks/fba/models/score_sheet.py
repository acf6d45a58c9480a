"""The core tests of memote on a model, with memote's weights: each test is a score from 0 to 1."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

from fluxagents.tasks.fba.models import annotation_databases as databases
from fluxagents.tasks.fba.models.reaction_kinds import TRANSPORT_TERMS, biomass_reactions, transport_reactions
from fluxagents.tasks.fba.models.stoichiometric_consistency import find_unconserved_metabolites
from fluxagents.tasks.fba.solving.lazy_libraries import cobra

if TYPE_CHECKING:
    from cobra import Model, Reaction

SECTION_WEIGHTS: Mapping[str, float] = {
    "consistency": 3.0,
    "annotation_metabolites": 1.0,
    "annotation_reactions": 1.0,
    "annotation_genes": 1.0,
    "annotation_sbo": 2.0,
}
CONSISTENCY_WEIGHT = 3.0
"""Of stoichiometric consistency within its section; every other test has 1."""


@dataclass(frozen=True, slots=True)
class ScoredTest:
    """One test. `applies` is false if the model has nothing to test, which memote scores as 0."""

    section: str
    name: str
    score: float
    failing: tuple[str, ...] = ()
    """Ids that lack what is tested."""
    weight: float = 1.0
    applies: bool = True
    by_database: Mapping[str, float] = field(default_factory=dict)


def total(tests: Sequence[ScoredTest]) -> tuple[float, dict[str, float]]:
    """The score of the model and of each section, 0 to 1."""
    sections = {name: [test for test in tests if test.section == name] for name in SECTION_WEIGHTS}
    scored = {
        name: sum(test.weight * test.score for test in section_tests)
        for name, section_tests in sections.items()
    }
    greatest = {name: sum(test.weight for test in section_tests) for name, section_tests in sections.items()}
    best = sum(SECTION_WEIGHTS[name] * value for name, value in greatest.items())
    reached = sum(SECTION_WEIGHTS[name] * value for name, value in scored.items())
    return reached / best, {name: scored[name] / greatest[name] for name in sections}


def structural_tests(
    model: Model, unbalanced: tuple[Sequence[str], Sequence[str]], internal: Sequence[Reaction]
) -> Iterator[ScoredTest]:
    """All tests but that of unbounded fluxes.

    Args:
        model: The model.
        unbalanced: Ids of internal reactions without mass balance, and without charge balance.
        internal: Neither boundary nor biomass.
    """
    unconserved = find_unconserved_metabolites(internal)
    yield ScoredTest("consistency", "stoichiometric_consistency", float(not unconserved), unconserved,
                     CONSISTENCY_WEIGHT)  # fmt: skip
    for name, ids in zip(("mass_balance", "charge_balance"), unbalanced, strict=True):
        yield _share("consistency", name, len(internal), ids)
    unused = [metabolite.id for metabolite in model.metabolites if not metabolite.reactions]
    yield _share("consistency", "metabolite_connectivity", len(model.metabolites), unused)
    for kind, items, patterns in (
        ("metabolites", model.metabolites, databases.METABOLITES),
        ("reactions", model.reactions, databases.REACTIONS),
        ("genes", model.genes, databases.GENES),
    ):
        yield from _annotation(kind, items, patterns)
    yield from _terms(model, internal)


def internal_reactions(model: Model) -> list[Reaction]:
    """The reactions that must be balanced."""
    biomass = biomass_reactions(model)
    return [reaction for reaction in model.reactions if not reaction.boundary and reaction not in biomass]


def _share(section: str, name: str, count: int, failing: Collection[str]) -> ScoredTest:
    """The fraction of so many items that do not fail."""
    score = 1.0 - len(failing) / count if count else 0.0
    return ScoredTest(section, name, score, tuple(sorted(failing)), applies=bool(count))


def _annotation(
    kind: str, items: Sequence[Any], patterns: Mapping[str, re.Pattern[str]]
) -> Iterator[ScoredTest]:
    section = f"annotation_{kind}"
    yield _share(section, "presence", len(items), [item.id for item in items if not item.annotation])
    has = {name: [item for item in items if name in item.annotation] for name in patterns}
    coverage = {name: len(annotated) / len(items) if items else 0.0 for name, annotated in has.items()}
    yield ScoredTest(section, "coverage", _mean(coverage), by_database=coverage)
    wrong = {
        name: [i.id for i in annotated if _is_wrong(i, name, patterns[name])]
        for name, annotated in has.items()
    }
    # memote divides by the annotated metabolites, but by all reactions and all genes.
    conformity = {
        name: 1.0 - len(wrong[name]) / (len(annotated) if kind == "metabolites" else len(items))
        if annotated
        else 0.0
        for name, annotated in has.items()
    }
    failing = tuple(sorted({identifier for ids in wrong.values() for identifier in ids}))
    yield ScoredTest(section, "conformity", _mean(conformity), failing, by_database=conformity)
    if kind != "genes":
        yield _share(section, "uniform_ids", len(items), _deviating([item.id for item in items], patterns))


def _mean(values: Mapping[str, float]) -> float:
    return sum(values.values()) / len(values)


def _is_wrong(item: Any, database: str, pattern: re.Pattern[str]) -> bool:
    ids = item.annotation[database]
    return any(not pattern.match(str(identifier)) for identifier in ([ids] if isinstance(ids, str) else ids))


def _deviating(ids: Sequence[str], patterns: Mapping[str, re.Pattern[str]]) -> list[str]:
    """Ids that do not match the pattern of the database that most ids match."""
    fitting = {
        name: {identifier for identifier in ids if pattern.match(identifier)}
        for name, pattern in patterns.items()
    }
    others = set(
        chain.from_iterable(fitting_ids for name, fitting_ids in fitting.items() if name != databases.BIOCYC)
    )
    fitting[databases.BIOCYC] -= others
    commonest = max(fitting, key=lambda name: len(fitting[name]))
    return [identifier for identifier in ids if identifier not in fitting[commonest]]


def _terms(model: Model, internal: Sequence[Reaction]) -> Iterator[ScoredTest]:
    biomass = biomass_reactions(model)
    transport = transport_reactions(model, biomass)
    metabolic = [reaction for reaction in internal if reaction not in set(transport)]
    boundary = {
        kind: cobra.medium.find_boundary_types(model, kind) if model.boundary else []
        for kind in ("exchange", "demand", "sink")
    }
    for name, items, terms in (
        ("metabolites", model.metabolites, ()),
        ("metabolites_simple_chemical", model.metabolites, ("SBO:0000247",)),
        ("reactions", model.reactions, ()),
        ("metabolic_reactions", metabolic, ("SBO:0000176",)),
        ("transport_reactions", transport, TRANSPORT_TERMS),
        ("exchanges", boundary["exchange"], ("SBO:0000627",)),
        ("demands", boundary["demand"], ("SBO:0000628",)),
        ("sinks", boundary["sink"], ("SBO:0000632",)),
        ("genes", model.genes, ()),
        ("genes_gene", model.genes, ("SBO:0000243",)),
        ("biomass", biomass, ("SBO:0000629",)),
    ):
        failing = [item.id for item in items if not _has_term(item, terms)]
        yield _share("annotation_sbo", name, len(items), failing)


def _has_term(item: Any, terms: Sequence[str]) -> bool:
    annotated = item.annotation.get("sbo")
    return annotated is not None and (not terms or any(term in annotated for term in terms))
