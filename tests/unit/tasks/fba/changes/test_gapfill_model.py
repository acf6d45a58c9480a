"""What is added restores the function with nothing to spare; which reactions it is does not matter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.changes.gap_search import GapSearch
from fluxagents.tasks.fba.changes.gapfill_model import Universal
from fluxagents.tasks.registry import tool_named
from fluxagents.workers.models.model_store import ModelFiles

TOOL = tool_named("gapfill_model")

Fill = Callable[..., Any]


@pytest.fixture
def gapped(textbook: Any) -> Iterator[Callable[..., Any]]:
    """The core model without some reactions; it is whole again after the test."""
    with textbook:

        def without(*reactions: str) -> Any:
            textbook.remove_reactions([textbook.reactions.get_by_id(name) for name in reactions])
            return textbook

        yield without


@pytest.fixture(scope="module")
def intact(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The core model again, another object."""
    store = ModelFiles(str(tmp_path_factory.mktemp("store")))
    return store.load(store.resolve("e_coli_core"))


@pytest.fixture
def fill(intact: Any) -> Fill:
    def run(model: Any, universal: Any = None, **args: Any) -> Any:
        source = Universal("e_coli_core", universal or intact)
        return TOOL.run(model, TOOL.parse({"universal": "e_coli_core", **args}), source)

    return run


def growth_with(model: Any, universal: Any, reactions: tuple[str, ...]) -> float:
    """Growth as cobra itself computes it, with these reactions taken over."""
    with model:
        model.add_reactions([universal.reactions.get_by_id(name).copy() for name in reactions])
        return float(model.slim_optimize(error_value=0.0))


@pytest.mark.parametrize(
    "removed",
    [
        ("GAPD",),
        ("GAPD", "PGK", "ENO"),
        ("PGI", "G6PDH2r"),
        ("O2t", "PFK", "FBP", "TKT1", "TALA"),
        ("CS", "ACONTa", "ICDHyr", "GLNS", "GND", "FUM"),
    ],
)
def test_each_alternative_restores_growth_and_can_spare_nothing(
    gapped: Callable[..., Any], intact: Any, fill: Fill, removed: tuple[str, ...]
) -> None:
    model = gapped(*removed)
    found = fill(model, alternatives=10, min_growth_per_h=0.1)
    assert found.verdict == "filled"
    sizes = [len(alternative.reactions) for alternative in found.alternatives]
    assert sizes == sorted(sizes)
    for alternative in found.alternatives:
        assert set(alternative.reactions) <= set(removed)
        growth = growth_with(model, intact, alternative.reactions)
        assert alternative.growth_per_h == pytest.approx(growth, rel=1e-6)
        assert growth >= 0.1 * (1 - 1e-6)
        for fewer in combinations(alternative.reactions, len(alternative.reactions) - 1):
            assert growth_with(model, intact, fewer) < 0.1 * (1 - 1e-6)


def test_all_alternatives_are_found(gapped: Callable[..., Any], intact: Any, fill: Fill) -> None:
    """Against every subset of the candidates, tried one after the other."""
    removed = ("O2t", "PFK", "FBP", "TKT1", "TALA", "PGI")
    model = gapped(*removed)
    enough: list[set[str]] = []
    for size in range(1, len(removed) + 1):
        for subset in combinations(removed, size):
            if not any(smaller <= set(subset) for smaller in enough) and (
                growth_with(model, intact, subset) >= 0.1
            ):
                enough.append(set(subset))
    found = fill(model, alternatives=20, min_growth_per_h=0.1)
    assert (found.is_smallest, found.is_complete) == (True, True)
    assert sorted(sorted(alternative.reactions) for alternative in found.alternatives) == sorted(
        map(sorted, enough)
    )


def test_a_named_function_in_another_medium_is_restored(gapped: Callable[..., Any], fill: Fill) -> None:
    """Ethanol from glucose without oxygen, for which growth is not asked."""
    model = gapped("ALCD2x", "ETOHt2r")
    args = {"objective": "EX_etoh_e", "medium_changes": {"EX_o2_e": 0}, "min_growth_per_h": 5}
    found = fill(model, **args)
    assert set(found.alternatives[0].reactions) == {"ALCD2x", "ETOHt2r"}
    assert found.alternatives[0].growth_per_h > 5
    assert "EX_o2_e" not in found.medium_mmol_per_gdw_h
    assert found.growth_per_h is None


PRODUCTION = {"medium_changes": {"EX_o2_e": 0}, "min_growth_per_h": 5}


@pytest.mark.parametrize("product", ["EX_etoh_e", "etoh_e"])
def test_production_is_restored_by_exchange_or_metabolite(
    gapped: Callable[..., Any], fill: Fill, product: str
) -> None:
    model = gapped("ALCD2x", "ETOHt2r")
    found = fill(model, product=product, **PRODUCTION)
    assert set(found.alternatives[0].reactions) == {"ALCD2x", "ETOHt2r"}
    assert found.objective == "EX_etoh_e"
    assert found.growth_per_h is None


@pytest.mark.filterwarnings("ignore:need to pass in a list")  # cobra, of the groups of a removed reaction
def test_a_product_that_only_the_other_model_knows(
    intact: Any, fill: Fill, gapped: Callable[..., Any]
) -> None:
    """Ethanol again, of which the model has not even the metabolite; no exchange of it is added."""
    model = gapped("ALCD2x", "ETOHt2r", "EX_etoh_e")
    model.remove_metabolites([model.metabolites.etoh_c, model.metabolites.etoh_e])
    sizes = (len(model.reactions), len(model.metabolites))
    found = fill(model, product="etoh_c", **PRODUCTION)
    assert [alternative.reactions for alternative in found.alternatives] == [("ALCD2x",)]
    with intact:
        intact.reactions.EX_o2_e.lower_bound = 0
        intact.reactions.ETOHt2r.knock_out()
        intact.objective = intact.add_boundary(intact.metabolites.etoh_c, type="demand")
        assert found.alternatives[0].growth_per_h == pytest.approx(intact.slim_optimize(), rel=1e-6)
    assert (len(model.reactions), len(model.metabolites)) == sizes
    assert TOOL.change is not None
    args = TOOL.parse({"universal": "e_coli_core", "product": "etoh_c", **PRODUCTION})
    with model:
        TOOL.change(model, args, Universal("e_coli_core", intact))
        assert {"ALCD2x"} == {reaction.id for reaction in model.metabolites.etoh_c.reactions}


def test_what_is_found_without_adding_it_is_what_gap_filling_adds(
    gapped: Callable[..., Any], intact: Any, fill: Fill
) -> None:
    model = gapped("PGI", "G6PDH2r")
    seen = tool_named("find_missing_reactions")
    args = {"universal": "e_coli_core", "alternatives": 2, "choose": 2}
    proposed: Any = seen.run(model, seen.parse(args), Universal("e_coli_core", intact))
    assert proposed.model_dump() == fill(model, alternatives=2, choose=2).model_dump()
    assert (seen.needs_approval, TOOL.needs_approval) == (False, True)
    facts = proposed.summary()
    assert facts["chosen_reactions"] == list(proposed.alternatives[1].reactions)
    assert (facts["verdict"], facts["alternatives"]["count"]) == ("filled", 2)


def test_a_product_that_no_model_knows(textbook: Any, fill: Fill) -> None:
    with pytest.raises(FluxError, match=r"product 'etoh_x' is no exchange .*nearest: etoh_"):
        fill(textbook, product="etoh_x")
    with pytest.raises(FluxError, match="give 'product' or 'objective', not both"):
        fill(textbook, product="etoh_e", objective="EX_etoh_e")


def test_change_adds_the_chosen_alternative(gapped: Callable[..., Any], intact: Any) -> None:
    model = gapped("PGI", "G6PDH2r")
    assert TOOL.change is not None
    for choose in (1, 2):
        args = TOOL.parse({"universal": "e_coli_core", "choose": choose, "alternatives": 2})
        found: Any = TOOL.run(model, args, Universal("e_coli_core", intact))
        before = {reaction.id for reaction in model.reactions}
        with model:
            TOOL.change(model, args, Universal("e_coli_core", intact))
            added = {reaction.id for reaction in model.reactions} - before
            assert added == set(found.alternatives[choose - 1].reactions)
            assert model.slim_optimize() == pytest.approx(found.alternatives[choose - 1].growth_per_h)
            assert all(not model.reactions.get_by_id(name).genes for name in added)
    assert TOOL.needs_approval


def test_the_universal_model_is_found_by_name_and_stays_as_it_is(tmp_path: Path) -> None:
    store = ModelFiles(str(tmp_path))
    sources: Any = SimpleNamespace(models=store)
    ref = store.resolve("e_coli_core")
    model = store.load(ref)
    knock = tool_named("set_bounds")
    with model:
        model.remove_reactions([model.reactions.ENO])
        gapped = store.derive(
            ref, model, knock.describe_change(knock.parse({"bounds": {"ENO": {"upper_mmol_per_gdw_h": 0}}}))
        ).ref
    universal, before = store.load(ref), store.load(ref).slim_optimize()
    found: Any = TOOL.carry_out(store.load(gapped), TOOL.parse({"universal": "e_coli_core"}), sources)
    assert found.alternatives[0].reactions == ("ENO",)
    assert found.added[0].gene_rule_in_universal == "b2779"
    assert len(universal.reactions) == 95
    assert universal.slim_optimize() == pytest.approx(before)
    with pytest.raises(FluxError, match="there is no model 'e_coli_cor'"):
        TOOL.carry_out(store.load(gapped), TOOL.parse({"universal": "e_coli_cor"}), sources)


def test_a_model_that_grows_is_left_alone(textbook: Any, intact: Any, fill: Fill) -> None:
    found = fill(textbook)
    assert (found.verdict, found.alternatives, found.chosen) == ("grows_already", (), None)
    assert TOOL.change is not None
    with pytest.raises(FluxError, match="was not filled from 'e_coli_core': grows_already"):
        TOOL.change(textbook, TOOL.parse({"universal": "e_coli_core"}), Universal("e_coli_core", intact))


def test_what_cannot_be_filled_is_a_result(gapped: Callable[..., Any], fill: Fill) -> None:
    found = fill(gapped("ENO", "PGI"), excluded_reactions=["ENO"])
    assert (found.verdict, found.candidates) == ("not_possible", 1)
    assert found.best_growth_with_all_per_h == pytest.approx(0.0)


def test_exchanges_are_added_only_if_allowed(gapped: Callable[..., Any], fill: Fill) -> None:
    model = gapped("EX_nh4_e")
    assert fill(model).verdict == "not_possible"
    assert fill(model, exchanges=True).alternatives[0].reactions == ("EX_nh4_e",)


def test_an_alternative_that_there_is_not_is_an_error(gapped: Callable[..., Any], intact: Any) -> None:
    args = TOOL.parse({"universal": "e_coli_core", "choose": 5})
    assert TOOL.change is not None
    with pytest.raises(FluxError, match="there is no alternative 5: 1 were found") as raised:
        TOOL.change(gapped("ENO"), args, Universal("e_coli_core", intact))
    assert raised.value.kind is ErrorClass.BAD_ARGUMENT


def test_a_search_without_end_is_an_error_of_its_own(gapped: Callable[..., Any], fill: Fill) -> None:
    with pytest.raises(FluxError, match="raise 'most_solves'") as raised:
        fill(gapped("ENO"), most_solves=2)
    assert raised.value.kind is ErrorClass.TIMEOUT


def test_when_the_smallest_is_too_far_a_set_that_can_spare_nothing_is_found(
    gapped: Callable[..., Any], intact: Any, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gives_up(_: GapSearch) -> Iterator[tuple[str, ...]]:
        raise FluxError(ErrorClass.TIMEOUT, "no set of reactions was found")

    monkeypatch.setattr(GapSearch, "smallest", gives_up)
    model = gapped("CS", "ACONTa", "ICDHyr", "GLNS", "GND", "FUM", "PGI", "PFK")
    found = fill(model)
    assert (found.verdict, found.is_smallest, found.is_complete) == ("filled", False, False)
    [alternative] = found.alternatives
    assert growth_with(model, intact, alternative.reactions) >= 0.05 * (1 - 1e-6)
    for fewer in combinations(alternative.reactions, len(alternative.reactions) - 1):
        assert growth_with(model, intact, fewer) < 0.05 * (1 - 1e-6)


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:need to pass in a list")  # cobra, of the groups of a removed reaction
def test_a_pathway_of_a_genome_scale_model_is_filled_from_another_model(
    ijo1366: Any, iml1515: Any, fill: Fill
) -> None:
    removed = ["DAPE", "HSK", "ASPK", "ALAALAr"]
    with ijo1366:
        ijo1366.remove_reactions([ijo1366.reactions.get_by_id(name) for name in removed])
        found = fill(ijo1366, iml1515, alternatives=1)
        growth = growth_with(ijo1366, iml1515, found.alternatives[0].reactions)
    assert found.status == "zero_growth"
    assert found.candidates > 150
    assert growth == pytest.approx(0.9823718127, rel=1e-6)
