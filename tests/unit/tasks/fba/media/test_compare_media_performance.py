"""Growth on media of the library, against values that are known and against cobra."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fluxagents.flows.errors import FluxError
from fluxagents.tasks.fba.media.library.media_library import MediaLibrary
from fluxagents.tasks.fba.solving.outcome import Outcome

NAME = "compare_media_performance"
Call = Callable[..., Any]


def growth(found: Any) -> dict[str, float | None]:
    return {row.medium: row.growth_per_h for row in found.media}


def with_cobra(model: Any, row: Any) -> float:
    with model:
        model.medium = row.uptakes_mmol_per_gdw_h
        return float(model.slim_optimize())


def test_growth_of_the_core_model(textbook: Any, call_media: Call) -> None:
    names = ["M9_glucose", "M9_glucose_anaerobic", "M9_acetate", "M9_pyruvate"]
    found = call_media(NAME, textbook, media=names)
    assert [row.medium for row in found.media] == names
    for row in found.media:
        assert row.growth_per_h == pytest.approx(with_cobra(textbook, row), rel=1e-6)
    assert growth(found)["M9_glucose"] == pytest.approx(0.8739215069684, rel=1e-6)
    assert growth(found)["M9_glucose_anaerobic"] == pytest.approx(0.2116629497353, rel=1e-6)
    assert growth(found)["M9_pyruvate"] == pytest.approx(0.291, abs=5e-4)


@pytest.mark.parametrize(
    ("exchange", "expected"),
    [
        ("EX_succ_e", 0.8401341768),
        ("EX_ac_e", 0.3893130741),
        ("EX_pyr_e", 0.6221083143),
        ("EX_etoh_e", 0.6995523806),
    ],
)
def test_sole_carbon_sources_at_20(textbook: Any, call_media: Call, exchange: str, expected: float) -> None:
    rest = {name: limit for name, limit in textbook.medium.items() if name != "EX_glc__D_e"}
    found = call_media(NAME, textbook, own_media={"mine": {**rest, exchange: 20}})
    assert growth(found)["mine"] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("name", "aerobic", "anaerobic"),
    [("ijo1366", 0.9823718127, 0.2415015571), ("iml1515", 0.8769972144, 0.1575398169)],
)
def test_growth_on_m9_glucose_is_that_of_the_published_model(
    request: pytest.FixtureRequest, call_media: Call, name: str, aerobic: float, anaerobic: float
) -> None:
    model = request.getfixturevalue(name)
    found = growth(call_media(NAME, model, media=["M9_glucose", "M9_glucose_anaerobic"]))
    assert found["M9_glucose"] == pytest.approx(aerobic, rel=1e-6)
    assert found["M9_glucose_anaerobic"] == pytest.approx(anaerobic, rel=1e-6)


@pytest.mark.long
def test_salmonella_equals_cobra_on_every_medium(salmonella: Any, call_media: Call) -> None:
    found = call_media(
        NAME, salmonella, media=["M9_glucose", "LB", "GMM", "AuxoMedia", "M9_glucose_anaerobic"]
    )
    for row in found.media:
        assert row.status is Outcome.OPTIMAL
        assert row.growth_per_h == pytest.approx(with_cobra(salmonella, row), rel=1e-6)


def test_a_medium_on_which_the_cell_cannot_live_has_no_growth(textbook: Any, call_media: Call) -> None:
    (row,) = call_media(NAME, textbook, media=["M9"]).media
    assert (row.status, row.growth_per_h, row.growth_fraction_of_best) == (Outcome.INFEASIBLE, None, None)


def test_fractions_and_counts_come_from_the_full_data(textbook: Any, call_media: Call) -> None:
    found = call_media(NAME, textbook)
    assert len(found.media) == len(MediaLibrary().names())
    best = max(row.growth_per_h or 0 for row in found.media)
    for row in found.media:
        assert row.components == row.exchanged + len(row.unmapped)
        if row.growth_per_h is not None:
            assert row.growth_fraction_of_best == pytest.approx(row.growth_per_h / best)
    shown = found.key_findings()
    assert shown["growth_per_h"]["count"] == sum(row.grows for row in found.media)
    table = found.tables()["media"]
    assert list(table["medium"]) == [row.medium for row in found.media]
    assert len(found.tables()["compounds"]) == sum(row.components for row in found.media)


def test_compounds_without_an_exchange_are_reported(textbook: Any, call_media: Call) -> None:
    (row,) = call_media(NAME, textbook, media=["GMM"]).media
    assert len(row.unmapped) == 14
    assert {"calcium", "sulfate", "molybdate"} <= set(row.unmapped)
    assert set(row.uptakes_mmol_per_gdw_h) == {
        "EX_glc__D_e",
        "EX_o2_e",
        "EX_nh4_e",
        "EX_pi_e",
        "EX_h2o_e",
        "EX_h_e",
    }


def test_a_users_medium_is_compared_too(textbook: Any, call_media: Call, tmp_path: Path) -> None:
    (tmp_path / "mine.tsv").write_text(
        "# base: M9\nexchange\tname\tuptake_mmol_per_gdw_h\nEX_fru_e\tfructose\t10\n\tunobtainium\t1\n"
    )
    found = call_media(NAME, textbook, library=MediaLibrary(tmp_path), media=["mine"])
    (row,) = found.media
    assert row.growth_per_h == pytest.approx(0.8739215069684, rel=1e-6)
    assert "unobtainium" in row.unmapped


def test_a_name_of_the_library_means_that_medium(textbook: Any, call_media: Call) -> None:
    with pytest.raises(FluxError, match="'LB' of own_media"):
        call_media(NAME, textbook, own_media={"LB": {"EX_o2_e": 1}})


def test_an_unknown_medium_is_an_error(textbook: Any, call_media: Call) -> None:
    with pytest.raises(FluxError, match=r"no medium 'M9_glocose'.*M9_glucose"):
        call_media(NAME, textbook, media=["M9_glocose"])


def test_a_forced_uptake_that_is_not_offered_is_infeasible(textbook: Any, call_media: Call) -> None:
    with textbook:
        textbook.reactions.EX_fru_e.bounds = (-5, -1)
        with_it, without = call_media(NAME, textbook, media=["M9_fructose", "M9_glucose"]).media
    assert with_it.status is Outcome.OPTIMAL
    assert without.status is Outcome.INFEASIBLE
