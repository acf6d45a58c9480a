"""Sole sources support the growth that cobra finds on each of them alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.media.screens.phenotypes import PhenotypeArgs, phenotypes_in

NAME = "screen_nutrients"

AEROBIC = {
    "EX_ac_e": 0.17333858,
    "EX_acald_e": 0.28427823,
    "EX_akg_e": 0.52875541,
    "EX_etoh_e": 0.3304198,
    "EX_fru_e": 0.87392151,
    "EX_fum_e": 0.37074052,
    "EX_glc__D_e": 0.87392151,
    "EX_gln__L_e": 0.55926513,
    "EX_glu__L_e": 0.59873173,
    "EX_lac__D_e": 0.35031113,
    "EX_mal__L_e": 0.37074052,
    "EX_pyr_e": 0.29122478,
    "EX_succ_e": 0.39756302,
}


def growth(found: Any, oxygen: str) -> dict[str, float | None]:
    table = found.tables()["sources"]
    rows = table[table["oxygen"] == oxygen]
    return dict(zip(rows["exchange"], rows["growth_per_h"], strict=True))


def test_carbon_sources_of_the_core_model(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook)
    aerobic, anaerobic = found.screens
    assert (aerobic.sources_tested, aerobic.sources_with_growth) == (14, 13)
    assert aerobic.without_growth == ("EX_for_e",)
    assert (aerobic.closed, aerobic.kept) == (("EX_glc__D_e",), ())
    rates = growth(found, "aerobic")
    assert {name: rates[name] for name in AEROBIC} == pytest.approx(AEROBIC, abs=5e-9)
    assert anaerobic.growth_on_per_h == pytest.approx(
        {"EX_fru_e": 0.2116629497, "EX_glc__D_e": 0.2116629497}, rel=1e-6
    )
    table = found.tables()["sources"]
    statuses = table[(table["oxygen"] == "anaerobic") & ~table["supports_growth"]]["status"]
    assert set(statuses) == {"infeasible"}
    assert table[table["exchange"] == "EX_for_e"]["growth_per_h"].isna().all()


@pytest.mark.parametrize(
    ("element", "own", "counts"),
    [
        ("carbon", "EX_glc__D_e", (180, 283)),
        ("nitrogen", "EX_nh4_e", (93, 177)),
        ("phosphorus", "EX_pi_e", (49, 63)),
        ("sulfur", "EX_so4_e", (11, 28)),
    ],
)
def test_sources_of_a_genome_scale_model(
    ijo1366: Any, call: Callable[..., Any], element: str, own: str, counts: tuple[int, int]
) -> None:
    found = call(NAME, ijo1366, elements=[element], oxygen="aerobic")
    (screen,) = found.screens
    assert (screen.sources_with_growth, screen.sources_tested) == counts
    assert screen.closed == (own,)
    assert set(screen.kept) <= {"EX_cbl1_e"}
    rates = growth(found, "aerobic")
    for name in list(rates)[::60]:
        with ijo1366:
            ijo1366.reactions.get_by_id(own).lower_bound = 0
            ijo1366.reactions.get_by_id(name).lower_bound = -10
            best = ijo1366.slim_optimize(error_value=0.0)
        assert (rates[name] if rates[name] == rates[name] else 0.0) == pytest.approx(best, abs=1e-6)


def test_named_sources_by_what_people_call_them(ijo1366: Any, call: Callable[..., Any]) -> None:
    words = ["glucose", "Glycerol", "ac_e", "EX_succ_e"]
    found = call(NAME, ijo1366, sources=words, oxygen="aerobic")
    assert found.screens[0].sources_tested == 4
    assert set(growth(found, "aerobic")) == {"EX_glc__D_e", "EX_glyc_e", "EX_ac_e", "EX_succ_e"}
    assert growth(found, "aerobic")["EX_glc__D_e"] == pytest.approx(0.9823718127, rel=1e-6)


def test_what_the_model_does_not_exchange_is_reported(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, sources=["glycerol", "acetate", "EX_xyl__D_e"])
    assert found.not_exchanged == ("glycerol", "xylose")
    assert found.screens[0].sources_tested == 1


def test_of_named_sources_only_those_are_screened(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, sources=["glycerol"], oxygen="aerobic")
    assert (found.not_exchanged, found.screens[0].sources_tested) == (("glycerol",), 0)


def test_equal_carbon(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(
        NAME, textbook, sources=["glucose", "acetate"], uptake_mmol_per_gdw_h=60, uptake_of="atoms",
        oxygen="aerobic",
    )  # fmt: skip
    assert found.table.uptake_mmol_per_gdw_h == (10, 30)
    with textbook:
        textbook.reactions.EX_glc__D_e.lower_bound = 0
        textbook.reactions.EX_ac_e.lower_bound = -30
        best = textbook.slim_optimize()
    assert growth(found, "aerobic")["EX_ac_e"] == pytest.approx(best, rel=1e-6)


def test_a_strain_grows_on_fewer(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, knock_outs=["FRUpts2"], oxygen="aerobic")
    assert "EX_fru_e" in found.screens[0].without_growth


def test_a_medium_without_oxygen_is_anaerobic(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, medium_changes={"EX_o2_e": 0})
    assert [screen.oxygen for screen in found.screens] == ["anaerobic"]
    with pytest.raises(FluxError, match="no oxygen"):
        call(NAME, textbook, medium_changes={"EX_o2_e": 0}, oxygen="aerobic")


def test_a_cell_that_cannot_live_grows_on_nothing(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, knock_outs=["GAPD"], medium_changes={"EX_o2_e": 0})
    assert found.status == "infeasible"
    assert found.screens[0].sources_with_growth == 0
    assert set(found.table.status) == {"infeasible"}


def test_a_source_of_another_element(textbook: Any, call: Callable[..., Any]) -> None:
    with pytest.raises(FluxError, match=r"'EX_glc__D_e' \(C6H12O6\) is no source of nitrogen") as raised:
        call(NAME, textbook, sources=["glucose"], elements=["nitrogen"])
    assert raised.value.kind is ErrorClass.MEDIUM
    with pytest.raises(FluxError, match="'glukos' is no compound") as raised:
        call(NAME, textbook, sources=["glukos"])
    assert any("glucose" in hint for hint in raised.value.suggestions)


def test_agreement_with_what_was_observed(textbook: Any, call: Callable[..., Any]) -> None:
    observed = {"acetate": True, "formate": True, "glucose": True, "fumarate": False, "xylitol": True}
    found = call(NAME, textbook, phenotypes=observed)
    agreed = found.agreement
    counts = (agreed.true_positives, agreed.true_negatives, agreed.false_positives, agreed.false_negatives)
    assert counts == (2, 0, 1, 1)
    assert agreed.accuracy_fraction == 0.5
    assert agreed.mcc == pytest.approx((2 * 0 - 1 * 1) / (3 * 3 * 1 * 1) ** 0.5)
    assert (agreed.only_predicted, agreed.only_observed) == (("EX_fum_e",), ("EX_for_e",))
    assert (agreed.unmapped, agreed.sources_observed) == (("xylitol",), 5)
    assert found.key_findings()["agreement"]["unmapped"]["count"] == 1


def test_one_exchange_cannot_be_both(textbook: Any, call: Callable[..., Any]) -> None:
    with pytest.raises(FluxError, match="EX_ac_e, which is listed as growth and as no growth"):
        call(NAME, textbook, phenotypes={"acetate": True, "acetic acid": False})


def plate(values: dict[str, object], empty: object) -> pd.DataFrame:
    """A PM1 plate as a spreadsheet has it."""
    return pd.DataFrame(
        [[row, *(values.get(f"{row}{column}", empty) for column in range(1, 13))] for row in "ABCDEFGH"],
        columns=["", *map(str, range(1, 13))],
    )


def test_a_plate_names_its_sources() -> None:
    table = plate({"A1": 30, "A5": 210, "C9": 250, "B10": 20}, None)
    assert phenotypes_in(table, PhenotypeArgs(growth_from=100)) == {
        "succ": True,
        "glc__D": True,
        "for": False,
    }


def test_wells_in_rows_name_their_sources() -> None:
    table = pd.DataFrame({"Well": ["A01", "a05", "B10"], "growth": ["-", "+", "-"]})
    assert phenotypes_in(table, PhenotypeArgs()) == {"succ": True, "for": False}


def test_a_plate_against_the_core_model(textbook: Any, call: Callable[..., Any]) -> None:
    observed = phenotypes_in(plate({"C9": "+", "C8": "+", "B10": "-", "A2": "+"}, ""), PhenotypeArgs())
    found = call(NAME, textbook, phenotypes=dict(observed), oxygen="aerobic")
    assert found.agreement.accuracy_fraction == 1
    assert found.agreement.unmapped == ("arab__L",)


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        (pd.DataFrame({"compound": ["x"], "growth": [1]}), "no column 'source'"),
        (pd.DataFrame({"source": ["x"], "grown": [1]}), "no column 'growth'"),
        (pd.DataFrame({"source": ["x"], "growth": [0.7]}), "neither growth nor no growth"),
        (pd.DataFrame({"source": ["x", "x"], "growth": [0, 1]}), "as growth and as no growth"),
        (pd.DataFrame({"well": ["Z3"], "growth": [1]}), "no well of a plate"),
    ],
)
def test_a_table_that_cannot_be_read(table: pd.DataFrame, problem: str) -> None:
    with pytest.raises(FluxError, match=problem):
        phenotypes_in(table, PhenotypeArgs())
