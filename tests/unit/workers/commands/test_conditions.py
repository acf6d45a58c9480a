"""`--medium` and `--change`: names of the library, files, whole media and changes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support.command_calls import invoke

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.media.library.media_library import MediaLibrary
from fluxagents.tasks.ports.media import LibraryMedium
from fluxagents.workers.commands.conditions import read_request, read_requests
from fluxagents.workers.commands.tools.tools import tools

LIBRARY = MediaLibrary()
FBA = ("call", "run_metabolic_fba", "--model", "e_coli_core", "--json")


@pytest.fixture(autouse=True)
def _empty_store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FLUXAGENTS_DATA_DIR", str(tmp_path))


def growth(*words: str) -> float:
    result: float = json.loads(invoke(tools, *FBA, *words).stdout)["result"]["growth_per_h"]
    return result


def test_a_medium_is_a_name_of_the_library_words_or_a_file(tmp_path: Path) -> None:
    named = read_request(LIBRARY, "M9_glucose", ())
    assert isinstance(named.base, LibraryMedium)
    assert named.label == "M9_glucose"
    words = read_request(LIBRARY, "EX_glc__D_e=10, ammonium=5", ())
    assert words.base == {"EX_glc__D_e": 10.0, "ammonium": 5.0}
    for name, text in (
        ("m.yaml", "EX_glc__D_e: 10\nEX_o2_e: 0\n"),
        ("m.json", '{"EX_glc__D_e": 10, "EX_o2_e": 0}'),
        ("m.tsv", "bigg\tuptake_mmol_per_gdw_h\nglc__D\t10\n"),
    ):
        (tmp_path / name).write_text(text)
        base = read_request(LIBRARY, str(tmp_path / name), ()).base
        assert isinstance(base, LibraryMedium)
        assert [part.uptake_mmol_per_gdw_h for part in base.components] == [10.0]


def test_changes_are_made_together_in_a_run_and_are_conditions_of_a_batch() -> None:
    request = read_request(LIBRARY, None, ("glucose=5,oxygen=2", "EX_o2_e=0"))
    assert request.changes == {"glucose": 5.0, "oxygen": 2.0, "EX_o2_e": 0.0}
    requests = read_requests(LIBRARY, ("own", "M9_acetate"), ("oxygen=1000", "oxygen=0"))
    assert [each.label for each in requests] == [
        "oxygen=1000",
        "oxygen=0",
        "M9_acetate; oxygen=1000",
        "M9_acetate; oxygen=0",
    ]
    assert [each.is_own for each in read_requests(LIBRARY, (), ())] == [True]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("EX_glc__D_e=ten", "'ten' of 'EX_glc__D_e'"),
        ("EX_glc__D_e=-10", "-10"),
        ("EX_glc__D_e=inf", "inf"),
        ("EX_glc__D_e=nan", "nan"),
        ("EX_glc__D_e=1,EX_glc__D_e=2", "named twice"),
        ("EX_glc__D_e=1,EX_o2_e", "is not NUTRIENT=UPTAKE"),
        ("=1", "is not NUTRIENT=UPTAKE"),
        ("M9_glucos", "neither in the library nor a file"),
    ],
)
def test_a_bad_medium_names_the_value_and_what_to_do(text: str, said: str) -> None:
    with pytest.raises(FluxError, match=said) as caught:
        read_request(LIBRARY, text, ())
    assert caught.value.kind is ErrorClass.MEDIUM
    assert caught.value.suggestions


@pytest.mark.parametrize("content", ["", "- a\n- b\n", "a: [1]\n", "a: true\n", "a: {\n", "{}"])
def test_a_file_that_is_no_medium_is_an_error(tmp_path: Path, content: str) -> None:
    file = tmp_path / "m.yaml"
    file.write_text(content)
    with pytest.raises(FluxError, match=r"m\.yaml"):
        read_request(LIBRARY, str(file), ())


def test_a_tool_is_called_in_a_named_medium_and_with_changes_of_the_models_own() -> None:
    assert growth("--medium", "M9_acetate") == pytest.approx(0.1733385784, rel=1e-6)
    assert growth("--change", "oxygen=0") == pytest.approx(0.2116629497, rel=1e-6)
    assert growth("--change", "EX_o2_e=0") == pytest.approx(0.2116629497, rel=1e-6)
    assert growth("--medium", "own", "--change", "EX_glc__D_e=0,acetate=20") == pytest.approx(
        0.3893130741, rel=1e-6
    )


def test_a_medium_without_nitrogen_says_so_at_once() -> None:
    done = invoke(tools, *FBA, "--medium", "EX_glc__D_e=10,oxygen=1000,EX_pi_e=1000")
    assert "no source of nitrogen (such as ammonium, EX_nh4_e)" in done.stderr
    assert json.loads(done.stdout)["result"]["growth_per_h"] == 0


def test_an_unknown_nutrient_is_met_with_the_nearest() -> None:
    with pytest.raises(FluxError, match="'EX_glcd_e' is no compound") as caught:
        invoke(tools, *FBA, "--change", "EX_glcd_e=5")
    assert "EX_glc__D_e" in caught.value.suggestions[0]
