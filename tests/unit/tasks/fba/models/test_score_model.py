"""Scores are those of memote 0.17.0 on the same files; planted faults lower the one that they should.

memote's own values were taken with `memote run --exclusive` of its core tests and its score of the report.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from cobra import Metabolite, Reaction
from scipy.optimize import linprog  # type: ignore[import-untyped] # scipy ships no types

from fluxagents.tasks.fba.models.reaction_kinds import biomass_reactions, transport_reactions
from fluxagents.tasks.fba.models.score_sheet import internal_reactions

NAME = "score_model"

SECTIONS = (
    "consistency",
    "annotation_metabolites",
    "annotation_reactions",
    "annotation_genes",
    "annotation_sbo",
)

MEMOTE: dict[str, tuple[float, ...]] = {
    "textbook": (0.578345001691842, 0.9970845481049563, 0.7935606060606061, 0.5555555555555556,
                 0.15109489051094893, 0.20191387559808616),
    "ijo1366": (0.6818102478554292, 0.9818378964489022, 0.7903173004281038, 0.7597647008216114,
                0.6662765179224579, 0.36363636363636365),
    "salmonella": (0.7238284390778722, 0.5426686027042603, 0.7653194506642782, 0.7919190414722139,
                   0.5005272407732865, 0.907279971024991),
    "iml1515": (0.6821674504755374, 0.9840971329901527, 0.7863733230009202, 0.7566576532284497,
                0.6662928759894459, 0.36363636363636365),
}  # fmt: skip
"""Total, and the sections in order."""


@pytest.mark.parametrize(
    "name",
    [
        "textbook",
        "ijo1366",
        *(pytest.param(name, marks=pytest.mark.long) for name in ("salmonella", "iml1515")),
    ],
)
def test_scores_are_those_of_memote(
    request: pytest.FixtureRequest, call: Callable[..., Any], name: str
) -> None:
    found = call(NAME, request.getfixturevalue(name))
    total, consistency, *others = MEMOTE[name]
    # How many reactions of iML1515 are active at its optimum is ill-conditioned: 521 (HiGHS) to 525 (GLPK).
    near = 1e-3 if name == "iml1515" else 1e-9
    assert found.total_score_fraction == pytest.approx(total, abs=near)
    assert list(found.section_score_fraction) == list(SECTIONS)
    assert found.section_score_fraction["consistency"] == pytest.approx(consistency, abs=near)
    assert [found.section_score_fraction[name] for name in SECTIONS[1:]] == pytest.approx(others, abs=1e-9)


def test_each_test_of_the_core_model(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook)
    scores = found.summary()["tests"]
    assert scores["consistency"] == {
        "stoichiometric_consistency": 1,
        "mass_balance": 1,
        "charge_balance": 1,
        "metabolite_connectivity": 1,
        "unbounded_flux": pytest.approx(1 - 1 / 49, abs=1e-6),
    }
    assert scores["annotation_genes"]["presence"] == pytest.approx(1 - 93 / 137, abs=1e-6)
    assert scores["annotation_sbo"]["reactions"] == pytest.approx(21 / 95, abs=1e-6)  # exchanges, biomass
    assert len(found.tests) == 27
    assert found.summary()["nothing_to_test"] == ["annotation_sbo.demands", "annotation_sbo.sinks"]
    coverage = found.summary()["databases"]
    for database in ("kegg.compound", "chebi", "hmdb"):
        having = sum(database in metabolite.annotation for metabolite in textbook.metabolites)
        assert coverage["metabolites"][database] == pytest.approx(having / 72, abs=1e-6)


def test_the_score_is_the_weighted_mean_of_the_tests(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook)
    weights = dict(zip(SECTIONS, (3, 1, 1, 1, 2), strict=True))
    shares = [(weights[test.section] * test.weight, test.score_fraction) for test in found.tests]
    mean = sum(share * score for share, score in shares) / sum(share for share, _ in shares)
    assert found.total_score_fraction == pytest.approx(mean, abs=1e-12)
    assert [test.weight for test in found.tests] == [3] + [1] * 26


def reaction(model: Any, identifier: str, equation: dict[str, float], **bounds: float) -> Reaction:
    added = Reaction(identifier, **bounds)
    model.add_reactions([added])
    added.add_metabolites({model.metabolites.get_by_id(name): value for name, value in equation.items()})
    return added


def without_mass(model: Any) -> set[str]:
    """Each metabolite of an internal reaction whose mass can be nothing but 0, one linear program each."""
    reactions = internal_reactions(model)
    metabolites = sorted({m.id for r in reactions for m in r.metabolites})
    matrix = np.zeros((len(reactions), len(metabolites)))
    for row, item in enumerate(reactions):
        for metabolite, value in item.metabolites.items():
            matrix[row, metabolites.index(metabolite.id)] = value
    found = set()
    for place, name in enumerate(metabolites):
        gain = np.zeros(len(metabolites))
        gain[place] = -1
        bounds = [(0, 1) if other == place else (0, None) for other in range(len(metabolites))]
        answer = linprog(gain, A_eq=matrix, b_eq=np.zeros(len(reactions)), bounds=bounds)
        assert answer.status == 0
        if answer.x[place] < 1e-6:
            found.add(name)
    return found


def test_mass_out_of_nothing_is_inconsistent(textbook: Any, call: Callable[..., Any]) -> None:
    """With g6p -> 2 f6p and g6p <-> f6p neither can have a mass, nor can what is made of them."""
    assert without_mass(textbook) == set()
    with textbook:
        reaction(textbook, "DOUBLE", {"g6p_c": -1, "f6p_c": 2})
        found = {test.test: test for test in call(NAME, textbook).tests if test.section == "consistency"}
        expected = without_mass(textbook)
    unconserved = found["stoichiometric_consistency"]
    assert unconserved.score_fraction == 0
    assert {"g6p_c", "f6p_c"} < set(unconserved.failing) == expected
    assert found["mass_balance"].failing == ("DOUBLE",)


def test_planted_faults_are_counted(textbook: Any, call: Callable[..., Any]) -> None:
    plain = {(test.section, test.test): test for test in call(NAME, textbook).tests}
    with textbook:
        textbook.add_metabolites([Metabolite("alone_c", formula="C", charge=0, compartment="c")])
        reaction(textbook, "FORWARD", {"pyr_c": -1, "pyr_e": 1}, lower_bound=-1000)
        reaction(textbook, "CHARGED", {"pyr_c": -1, "pyr_e": 1, "h_c": -1, "h_e": 2})
        found = {(test.section, test.test): test for test in call(NAME, textbook).tests}
    assert found["consistency", "metabolite_connectivity"].failing == ("alone_c",)
    assert found["consistency", "charge_balance"].failing == ("CHARGED",)
    assert found["annotation_metabolites", "presence"].failing == ("alone_c",)
    assert found["annotation_metabolites", "presence"].score_fraction == pytest.approx(72 / 73)
    # SUCDi and FRD7 turn in a circle, until SUCDi, which respiration needs as well, is at its bound.
    assert plain["consistency", "unbounded_flux"].failing == ("SUCDi",)
    assert {"FORWARD", "SUCDi"} <= set(found["consistency", "unbounded_flux"].failing)


def test_an_id_of_the_wrong_form_is_counted(textbook: Any, call: Callable[..., Any]) -> None:
    metabolite = textbook.metabolites.pyr_c
    kept = dict(metabolite.annotation)
    metabolite.annotation = kept | {"kegg.compound": ["C00022", "c22"]}
    try:
        found = call(NAME, textbook)
    finally:
        metabolite.annotation = kept
    (conformity,) = [
        test for test in found.tests if test.test == "conformity" and test.section.endswith("metabolites")
    ]
    assert conformity.failing == ("pyr_c",)
    row = next(row for row in found.databases if row.database == "kegg.compound")
    having = sum("kegg.compound" in m.annotation for m in textbook.metabolites)
    assert row.conformity_fraction == pytest.approx(1 - 1 / having)


def test_kinds_of_reactions(textbook: Any) -> None:
    biomass = biomass_reactions(textbook)
    assert [found.id for found in biomass] == ["Biomass_Ecoli_core"]
    transport = {found.id for found in transport_reactions(textbook, biomass)}
    assert {"GLCpts", "O2t", "PYRt2", "ATPS4r", "NADH16"} <= transport
    assert {"PFK", "ATPM", "EX_glc__D_e", "Biomass_Ecoli_core"}.isdisjoint(transport)
