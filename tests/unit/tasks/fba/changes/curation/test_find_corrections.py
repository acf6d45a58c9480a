"""A proposal is checked by cobra itself: the corrected model does what was observed."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from fluxagents.flows.errors import FluxError
from fluxagents.tasks.fba.changes import growth_change
from fluxagents.tasks.fba.changes.curation import correct_model, find_corrections
from fluxagents.tasks.fba.changes.curation.comparison import Experiments
from fluxagents.tasks.fba.changes.curation.observations import Observation, ObservationArgs, read_observations
from fluxagents.tasks.fba.changes.curation.rule_changes import bind_to, free_of
from fluxagents.tasks.fba.changes.gapfill_model import Universal
from fluxagents.tasks.fba.solving.outcome import Outcome

OBSERVED = (
    Observation(kind="growth", subject="EX_fru_e", observed=True, reference="plate 1"),
    Observation(kind="growth", subject="EX_succ_e", observed=False),
    Observation(kind="growth", subject="EX_akg_e", observed=True),
    Observation(kind="growth", subject="xylose", observed=True),
    Observation(kind="essential", subject="b0720", observed=False),
    Observation(kind="essential", subject="b2926", observed=True),
    Observation(kind="secretion", subject="EX_ac_e", observed=True),
)


@pytest.fixture(scope="module")
def gapped(textbook: Any) -> Any:
    """The core model without its uptake of fructose."""
    model = textbook.copy()
    model.remove_reactions(["FRUpts2"])
    return model


def search(model: Any, universal: Any, **args: Any) -> Any:
    source = Universal("e_coli_core", universal)
    return find_corrections.run(
        model,
        find_corrections.Args(observations=OBSERVED, **args),
        Experiments(OBSERVED, source),
    )


@pytest.fixture(scope="module")
def result(gapped: Any, textbook: Any) -> Any:
    return search(gapped, textbook)


def correct(model: Any, proposal: Any, universal: Any) -> Any:
    corrected = model.copy()
    args = correct_model.Args(correction=proposal.correction)
    correct_model.change(corrected, args, Universal("e_coli_core", universal))
    return corrected


def grow_on(model: Any, exchange: str) -> float:
    with model:
        model.reactions.get_by_id("EX_glc__D_e").lower_bound = 0
        model.reactions.get_by_id(exchange).lower_bound = -10
        return float(model.slim_optimize(error_value=0.0))


def proposal_for(result: Any, observation: str) -> Any:
    return next(row for row in result.proposals if row.observation == observation)


def test_disagreements_are_those_that_cobra_finds(gapped: Any, result: Any) -> None:
    grows = {name: grow_on(gapped, name) > 0.01 for name in ("EX_fru_e", "EX_succ_e", "EX_akg_e")}
    assert grows == {"EX_fru_e": False, "EX_succ_e": True, "EX_akg_e": True}
    assert {row.observation: row.does for row in result.disagreements} == {
        "growth on EX_fru_e": "too_little",
        "no growth on EX_succ_e": "too_much",
        "not essential: b0720": "too_little",
    }
    assert result.unmapped == ("growth on xylose",)
    assert result.agreeing == 3


def test_a_missing_reaction_is_proposed_with_its_genes(gapped: Any, textbook: Any, result: Any) -> None:
    row = proposal_for(result, "growth on EX_fru_e")
    assert row.correction.add == ("FRUpts2",)
    assert "plate 1" in row.evidence
    assert all(gene.id in row.evidence for gene in textbook.reactions.FRUpts2.genes)
    assert grow_on(correct(gapped, row, textbook), "EX_fru_e") > 0.1


def test_what_grows_too_much_loses_a_step_that_growth_elsewhere_does_not_need(
    gapped: Any, textbook: Any, result: Any
) -> None:
    row = proposal_for(result, "no growth on EX_succ_e")
    corrected = correct(gapped, row, textbook)
    assert grow_on(corrected, "EX_succ_e") < 0.01
    assert grow_on(corrected, "EX_akg_e") > 0.01
    assert corrected.slim_optimize() == pytest.approx(row.growth_per_h, rel=1e-6)


def test_a_gene_that_is_not_essential_leaves_its_rule(gapped: Any, textbook: Any, result: Any) -> None:
    row = proposal_for(result, "not essential: b0720")
    corrected = correct(gapped, row, textbook)
    with corrected:
        corrected.genes.b0720.knock_out()
        assert corrected.slim_optimize() > 0.1


def test_proposals_are_ranked_by_what_they_put_right(result: Any) -> None:
    gains = [len(row.fixes) - len(row.breaks) for row in result.proposals]
    assert gains == sorted(gains, reverse=True)
    assert min(gains) > 0


def test_a_refused_correction_is_not_proposed_again(gapped: Any, textbook: Any, result: Any) -> None:
    first = result.proposals[0].name
    again = search(gapped, textbook, excluded=(first,))
    assert [row.name for row in again.proposals] == [
        row.name for row in result.proposals if row.name != first
    ]
    assert again.display(3)["considered"] == [first, again.proposals[0].name]


def test_the_order_of_reactions_outlives_the_search(gapped: Any, textbook: Any, result: Any) -> None:
    del result
    expected = [reaction.id for reaction in textbook.reactions if reaction.id != "FRUpts2"]
    assert [reaction.id for reaction in gapped.reactions] == expected


def test_corrections_of_a_large_model_are_tried_in_copies_and_found_alike(
    gapped: Any, textbook: Any, result: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growth_change, "LARGE", 10)
    assert search(gapped, textbook).proposals == result.proposals


def test_nothing_is_compared_with_a_model_that_does_not_grow(gapped: Any, textbook: Any) -> None:
    with gapped:
        gapped.reactions.EX_glc__D_e.lower_bound = 0
        result = search(gapped, textbook)
    assert result.status is Outcome.INFEASIBLE
    assert (result.compared, result.accuracy_fraction, result.proposals) == (0, None, ())


@pytest.mark.parametrize(
    ("rule", "without", "bound"),
    [
        ("a", "", None),
        ("a and b", "b", None),
        ("a or b", None, "a"),
        ("(a and b) or c or d", None, "a and b"),
        ("(a or b) and c", None, None),
        ("(a and b) or (a and c)", "b or c", None),
    ],
)
def test_rules_lose_a_gene_or_its_isozymes(
    fresh_textbook: Any, rule: str, without: str | None, bound: str | None
) -> None:
    fresh_textbook.reactions.PFK.gene_reaction_rule = rule
    assert free_of(fresh_textbook, "a").get("PFK") == without
    assert bind_to(fresh_textbook, "a").get("PFK") == bound


class Tables:
    """A store with one table."""

    def __init__(self, **columns: list[Any]) -> None:
        self.artifacts, self._table = self, pd.DataFrame(columns)

    def find(self, name: str) -> str:
        return name

    def table(self, name: str) -> pd.DataFrame:
        assert name == "growth"
        return self._table


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"kind": ["growth"], "subject": ["glc"]}, "no column 'observed'"),
        (
            {"kind": ["growth"], "subject": ["glc"], "observed": ["perhaps"]},
            "row 1 of the table says 'perhaps'",
        ),
        ({"kind": ["size"], "subject": ["glc"], "observed": ["yes"]}, "row 1 of the table says 'size'"),
        (
            {"kind": ["growth"] * 2, "subject": ["glc"] * 2, "observed": ["+", "-"]},
            "'glc' was observed both ways",
        ),
    ],
)
def test_a_table_that_says_nothing_is_refused(columns: dict[str, list[Any]], message: str) -> None:
    tables: Any = Tables(**columns)
    with pytest.raises(FluxError, match=message):
        read_observations(tables, ObservationArgs(observation_table="growth"))
