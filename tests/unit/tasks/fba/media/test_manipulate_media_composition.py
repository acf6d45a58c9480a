"""An edit of a medium reports what it changed, and one that changes nothing is an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.media.library.compounds import compounds_by_id

NAME = "manipulate_media_composition"
Call = Callable[..., Any]


def changed(found: Any) -> dict[str, tuple[float, float]]:
    return {
        one.exchange: (one.uptake_before_mmol_per_gdw_h, one.uptake_after_mmol_per_gdw_h)
        for one in found.changes
    }


@pytest.mark.parametrize(
    ("words", "growth"),
    [
        ("anaerobic", 0.2116629497353),
        ("increase glucose uptake to 18.5", 1.6530718512),
        ("increase glucose to 18.5 and remove oxygen", 0.4705651711),
        ("replace glucose by succinate at 20", 0.8401341768),
        ("replace glucose by acetate at 20", 0.3893130741),
        ("use pyruvate as the sole carbon source at 20", 0.6221083143),
        ("remove glucose and add ethanol at 20", 0.6995523806),
    ],
)
def test_growth_after_an_edit(textbook: Any, call_media: Call, words: str, growth: float) -> None:
    found = call_media(NAME, textbook, words=words)
    assert found.growth_before_per_h == pytest.approx(0.8739215069684, rel=1e-6)
    assert found.growth_per_h == pytest.approx(growth, rel=1e-6)


def test_every_change_is_reported(textbook: Any, call_media: Call) -> None:
    found = call_media(NAME, textbook, words="double glucose, limit oxygen to 5 and add fructose at 2")
    assert changed(found) == {
        "EX_glc__D_e": (10, 20),
        "EX_o2_e": (1000, 5),
        "EX_fru_e": (0, 2),
    }
    before, after = found.medium_before_mmol_per_gdw_h, found.medium_mmol_per_gdw_h
    moved = {name for name in {**before, **after} if before.get(name, 0) != after.get(name, 0)}
    assert moved == set(changed(found))


def test_the_edited_medium_is_an_argument_for_other_tools(
    textbook: Any, call: Call, call_media: Call
) -> None:
    found = call_media(NAME, textbook, words="anaerobic and double glucose")
    again = call("run_metabolic_fba", textbook, medium=found.medium_mmol_per_gdw_h, method="fba")
    assert again.growth_per_h == pytest.approx(found.growth_per_h, rel=1e-9)


def test_adding_classes_adds_all_members_that_the_model_exchanges(ijo1366: Any, call_media: Call) -> None:
    found = call_media(NAME, ijo1366, words="add vitamins and amino acids")
    assert len(changed(found)) == 20 + 9
    assert {"EX_trp__L_e", "EX_btn_e"} <= set(changed(found))
    reasons = {one.compound: one.reason for one in found.untouched}
    assert reasons["riboflavin"] == "the model has no exchange reaction for it"
    assert "already" in reasons["cob(i)alamin"]


def test_removing_a_class_only_removes(ijo1366: Any, call_media: Call) -> None:
    added = call_media(NAME, ijo1366, words="add all amino acids at 1")
    found = call_media(NAME, ijo1366, words="remove amino acids", medium=added.medium_mmol_per_gdw_h)
    assert len(found.changes) == 20
    assert all(after == 0 for _, after in changed(found).values())
    assert found.medium_mmol_per_gdw_h == added.medium_before_mmol_per_gdw_h


@pytest.mark.parametrize(
    "words",
    ["remove amino acids", "add glucose", "set glucose to 10", "add biotin", "aerobic", "double fructose"],
)
def test_an_edit_that_changes_nothing_is_an_error(textbook: Any, call_media: Call, words: str) -> None:
    with pytest.raises(FluxError, match="changes nothing") as raised:
        call_media(NAME, textbook, words=words)
    assert raised.value.kind is ErrorClass.MEDIUM
    assert raised.value.suggestions


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("increase glucose to 5", "the uptake of glucose is 10"),
        ("limit glucose to 15", "the uptake of glucose is 10"),
        ("replace fructose by acetate", "'fructose' is not in the medium"),
        ("replace glucose by biotin", "no exchange reaction for 'biotin'"),
    ],
)
def test_an_edit_that_contradicts_the_medium_is_an_error(
    textbook: Any, call_media: Call, words: str, message: str
) -> None:
    with pytest.raises(FluxError, match=message):
        call_media(NAME, textbook, words=words)


def test_a_structure_does_what_words_do(textbook: Any, call_media: Call) -> None:
    edits = [
        {"action": "remove", "nutrients": ["oxygen"]},
        {"action": "set", "nutrients": ["EX_glc__D_e"], "uptake_mmol_per_gdw_h": 18.5},
    ]
    found = call_media(NAME, textbook, edits=edits)
    assert found.growth_per_h == pytest.approx(0.4705651711, rel=1e-6)


def test_an_unknown_nutrient_of_a_structure_suggests_the_nearest(textbook: Any, call_media: Call) -> None:
    with pytest.raises(FluxError, match=r"'glucos' is no compound.*glucose"):
        call_media(NAME, textbook, edits=[{"action": "remove", "nutrients": ["glucos"]}])


@pytest.mark.parametrize(
    "args",
    [
        {},
        {"words": "anaerobic", "edits": [{"action": "remove", "nutrients": ["oxygen"]}]},
        {"edits": [{"action": "set", "nutrients": ["oxygen"]}]},
        {"edits": [{"action": "scale", "nutrients": ["oxygen"]}]},
        {"edits": [{"action": "replace", "nutrients": ["oxygen"]}]},
        {"edits": [{"action": "add", "nutrients": ["oxygen"], "uptake_mmol_per_gdw_h": -1}]},
        {"words": "anaerobic", "library_medium": "LB", "medium": {"EX_o2_e": 1}},
    ],
)
def test_arguments_that_do_not_fit_are_refused(textbook: Any, call_media: Call, args: dict[str, Any]) -> None:
    with pytest.raises(FluxError) as raised:
        call_media(NAME, textbook, **args)
    assert raised.value.kind is ErrorClass.BAD_ARGUMENT


def test_an_edit_may_start_from_a_medium_of_the_library(textbook: Any, call_media: Call) -> None:
    found = call_media(NAME, textbook, library_medium="M9_glucose", words="anaerobic")
    assert found.growth_per_h == pytest.approx(0.2116629497353, rel=1e-6)
    assert "calcium" in found.unmapped


def test_compounds_are_found_in_a_model_of_modelseed(textbook: Any, call_media: Call) -> None:
    model = textbook.copy()
    for exchange in model.exchanges:
        (metabolite,) = exchange.metabolites
        metabolite.id = f"{compounds_by_id()[metabolite.id.removesuffix('_e')].seed}_e0"
        metabolite.annotation = {}
        exchange.id = f"EX_{metabolite.id}"
    found = call_media(NAME, model, words="replace glucose by pyruvate at 20")
    assert set(changed(found)) == {"EX_cpd00027_e0", "EX_cpd00020_e0"}
    assert found.growth_per_h == pytest.approx(0.6221083143, rel=1e-6)
