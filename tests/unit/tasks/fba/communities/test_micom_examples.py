"""The example of micom's own package, by its functions and by ours: the same numbers."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.support.recorded_run import record

from fluxagents.tasks.fba.communities.cross_feeding import MEDIUM
from fluxagents.tasks.fba.solving.optlang_program import order_names, silence_highs_banner
from fluxagents.tasks.ports.sources import Sources
from fluxagents.tasks.registry import tool_named

micom = pytest.importorskip("micom")
data = pytest.importorskip("micom.data")

ABUNDANCES = (5, 3, 2)
FRACTION = 0.5
CLOSE = 1e-6

Pair = tuple[Any, Sources]


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """micom's community of its example, and a store with the file of its members."""
    folder = tmp_path_factory.mktemp("store")
    table = data.test_taxonomy(n=len(ABUNDANCES)).assign(id=["m1", "m2", "m3"], abundance=ABUNDANCES)
    silence_highs_banner()
    community = micom.Community(table, progress=False, solver="hybrid")
    order_names(community.solver.problem)
    sources = record(str(folder))[1]
    file = Path(shutil.copy(table.file.iloc[0], folder / "example.xml.gz"))
    sources.models.add(file)
    return community, sources


def ours(name: str, sources: Sources, **args: Any) -> Any:
    tool = tool_named(name)
    members = {"models": ["example"] * len(ABUNDANCES), "abundances": ABUNDANCES}
    return tool.carry_out(None, tool.parse({**members, **args}), sources)


def rates(solution: Any) -> list[float]:
    """The growth of the members, 1/h."""
    return list(solution.members.growth_rate.drop("medium"))


def test_trade_off_and_exchanges(example: Pair) -> None:
    community, sources = example
    found = ours("analyze_community", sources, fraction=FRACTION)
    assert found.community_growth_per_h == pytest.approx(community.optimize().growth_rate, abs=CLOSE)
    curve = community.cooperative_tradeoff(fraction=[step / 10 for step in range(1, 11)])
    for fraction, solution in zip(curve.tradeoff, curve.solution, strict=True):
        points = [p.growth_per_h for p in found.trade_off if p.fraction_of_best == fraction]
        assert points == pytest.approx(rates(solution), abs=CLOSE)
    solution = community.cooperative_tradeoff(fraction=FRACTION, fluxes=True, pfba=True)
    assert list(found.growth_at_fraction_per_h.values()) == pytest.approx(rates(solution), abs=CLOSE)
    taken: dict[str, float] = {}
    for row in found.transfers:
        sign = (row.taker == MEDIUM) - (row.giver == MEDIUM)
        taken[row.exchange] = taken.get(row.exchange, 0.0) + sign * row.amount_mmol_per_gdw_h
    for exchange, amount in taken.items():
        flux = solution.fluxes.loc["medium", exchange.removesuffix("_e") + "_m"]
        assert amount == pytest.approx(flux, abs=CLOSE), exchange
    assert {"EX_glc__D_e", "EX_nh4_e", "EX_o2_e", "EX_co2_e"} <= {name for name in taken if taken[name]}


def test_growth_without_a_member(example: Pair) -> None:
    community, sources = example
    found = ours("knock_out_community_members", sources)
    expected = community.knockout_taxa(fraction=1.0, method="raw", progress=False)
    names = dict(zip((row.member for row in found.members), community.taxa, strict=True))
    assert len(found.rows) == 6
    for row in found.rows:
        growth = expected.loc[names[row.without], names[row.member]]
        assert row.growth_after_per_h == pytest.approx(growth, abs=CLOSE)


@pytest.mark.parametrize("smallest", ["fewest_components", "least_uptake"])
def test_smallest_medium(example: Pair, smallest: str) -> None:
    community, sources = example
    found = ours("find_community_medium", sources, fraction=FRACTION, smallest=smallest)
    expected = micom.media.minimal_medium(
        community,
        FRACTION * found.community_growth_per_h,
        min_growth=list(found.required_growth_per_h.values()),
        minimize_components=smallest == "fewest_components",
    )
    assert len(found.components) == len(expected)
    if smallest == "least_uptake":  # of less glucose and more oxygen it takes as much
        total = sum(row.uptake_mmol_per_gdw_h for row in found.components)
        assert total == pytest.approx(expected.sum(), abs=CLOSE)
