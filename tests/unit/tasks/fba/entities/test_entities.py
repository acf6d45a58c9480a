"""Names and ids of compounds and reactions: every meaning is told, nothing is dropped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fluxagents.flows.errors import FluxError
from fluxagents.tasks.ports.biochem import Biochem, NothingImported
from fluxagents.tasks.registry import tool_named
from fluxagents.workers.files.biochem_file import BiochemFile

HEAD = "id\tabbreviation\tname\tformula\tinchikey\tis_obsolete\taliases"
GLUCOSE = "BiGG: glc__D|KEGG: C00031|metanetx.chemical: MNXM41"
COMPOUNDS = (
    HEAD,
    "cpd00027\tglc\tD-Glucose\tC6H12O6\tWQZGKKKJIJFFOK-GASJEMHNSA-N\t0\t" + GLUCOSE,
    "cpd00020\tpyr\tPyruvate\tC3H3O3\tLCTONWCANYUPML-UHFFFAOYSA-M\t0\tBiGG: pyr|KEGG: C00022; C99999",
    "cpd90001\ttwin\tTwin\tC\tnull\t0\tKEGG: C77777",
    "cpd90002\ttwin\tTwin\tC2\tnull\t0\tKEGG: C77777",
    "cpd90003\told\tOld pyruvate\tC\tnull\t1\tKEGG: C55555",
    "cpd90004\tnew\tNew pyruvate\tC\tnull\t0\tKEGG: C55555",
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Biochem:
    folder = tmp_path_factory.mktemp("biochem")
    (folder / "compounds.tsv").write_text("\n".join(COMPOUNDS) + "\n")
    found = BiochemFile(folder / "biochem.sqlite")
    found.replace({"compound": folder / "compounds.tsv"})
    return found


def ask(name: str, model: Any, *others: Biochem, **args: Any) -> Any:
    tool = tool_named(name)
    return tool.run(model, tool.parse(args), others)


def translated(model: Any, *others: Biochem, **args: Any) -> dict[str, tuple[str, tuple[str, ...]]]:
    found = ask("translate_database_ids", model, *others, **args)
    return {one.id: (one.verdict, one.targets) for one in found.translations}


def test_every_way_to_write_glucose_means_glucose(textbook: Any, library: Biochem) -> None:
    for query in ("glc__D_e", "GLC__D", "C00031", "cpd00027", "MNXM41", "D-glucose"):
        found = ask("resolve_biochem_entity", textbook, library, query=query)
        assert (found.outcome, found.matches) == ("found", 1), query
        (shown,) = found.key_findings()["matches"]["entities"]
        assert shown["ids"]["model"] == ["glc__D_e"]
        assert shown["ids"]["modelseed"] == ["cpd00027"]


def test_an_id_that_only_the_database_has_leads_to_the_model(textbook: Any, library: Biochem) -> None:
    ids = ["MNXM41", "LCTONWCANYUPML-UHFFFAOYSA-M"]
    assert translated(textbook, library, ids=ids, to_namespace="model") == {
        "MNXM41": ("mapped", ("glc__D_e",)),
        "LCTONWCANYUPML-UHFFFAOYSA-M": ("mapped", ("pyr_c", "pyr_e")),
    }


def test_nothing_is_chosen_among_two_meanings(textbook: Any, library: Biochem) -> None:
    found = ask("resolve_biochem_entity", textbook, library, query="twin")
    assert (found.outcome, found.matched_by, found.matches) == ("ambiguous", "name", 2)
    assert set(found.tables()["entities"]["formula"]) == {"C", "C2"}


def test_an_obsolete_entry_makes_nothing_ambiguous(textbook: Any, library: Biochem) -> None:
    found = ask("resolve_biochem_entity", textbook, library, query="C55555")
    assert (found.outcome, found.matches) == ("found", 2)
    assert [one["is_obsolete"] for one in found.key_findings()["matches"]["entities"]] == [False, True]


def test_what_is_not_known_comes_with_the_nearest(textbook: Any) -> None:
    found = ask("resolve_biochem_entity", textbook, query="glukose")
    assert (found.outcome, found.matches, found.matched_by) == ("not_found", 0, None)
    assert "D-Glucose" in found.key_findings()["nearest"][0]


def test_each_id_has_its_verdict(textbook: Any, library: Biochem) -> None:
    assert translated(
        textbook, library, ids=["glc__D", "pyr", "actp", "nonsense"], to_namespace="inchikey"
    ) == {
        "glc__D": ("mapped", ("WQZGKKKJIJFFOK-GASJEMHNSA-N",)),
        "pyr": ("mapped", ("LCTONWCANYUPML-UHFFFAOYSA-M",)),
        "actp": ("no_equivalent", ()),
        "nonsense": ("unknown", ()),
    }
    assert translated(textbook, library, ids=["pyr"], to_namespace="kegg")["pyr"] == (
        "ambiguous",
        ("C00022", "C99999"),
    )
    assert translated(textbook, library, ids=["C77777"], to_namespace="modelseed")["C77777"] == (
        "ambiguous",
        ("cpd90001", "cpd90002"),
    )


def test_counts_are_of_all_ids_even_if_few_are_shown(textbook: Any) -> None:
    ids = [f"nonsense{n}" for n in range(500)]
    found = ask("translate_database_ids", textbook, ids=["glc__D", *ids], to_namespace="kegg")
    shown = found.key_findings()
    assert shown["ids"] == 501
    assert shown["unknown"]["count"] == 500
    assert shown["unknown"]["shown"] < 500
    assert len(found.tables()["translations"]) == 501


def test_a_namespace_that_nothing_has_is_an_error_with_those_there_are(textbook: Any) -> None:
    with pytest.raises(FluxError, match="no source has ids of 'keg'") as raised:
        ask("translate_database_ids", textbook, ids=["glc__D"], to_namespace="keg")
    assert raised.value.suggestions[0].startswith("nearest: kegg")
    assert any("biochem import" in hint for hint in raised.value.suggestions)


def test_an_id_of_another_namespace_is_not_taken_for_one_of_this(textbook: Any) -> None:
    found = translated(textbook, ids=["glc__D"], from_namespace="kegg", to_namespace="bigg")
    assert found["glc__D"] == ("unknown", ())


def test_a_search_counts_each_source(textbook: Any, library: Biochem) -> None:
    found = ask("search_biochem", textbook, library, words="pyruv", kind="compound", most=1)
    assert found.matches_by_source["ModelSEED"] == 3
    assert found.matches_by_source["model e_coli_core"] >= 2
    assert found.shown_by_source == {"ModelSEED": 1, "model e_coli_core": 1}


def test_reactions_and_compounds_are_told_apart(textbook: Any) -> None:
    assert ask("resolve_biochem_entity", textbook, query="PFK").key_findings()["matches"]["entities"][0][
        "kind"
    ] == ("reaction")
    assert ask("resolve_biochem_entity", textbook, query="PFK", kind="compound").outcome == "not_found"


def test_without_an_import_only_the_model_answers(textbook: Any) -> None:
    tool = tool_named("resolve_biochem_entity")
    nothing = NothingImported()
    assert nothing.source == ""
    found = tool.run(textbook, tool.parse({"query": "pyr"}), ())
    assert found.sources == ("model e_coli_core",)  # type: ignore[attr-defined] # of this tool


def test_a_genome_scale_model_is_translated_whole(ijo1366: Any) -> None:
    ids = [metabolite.id for metabolite in ijo1366.metabolites]
    found = ask("translate_database_ids", ijo1366, ids=ids, to_namespace="metanetx", kind="compound")
    assert len(found.translations) == 1_805
    assert {one.verdict for one in found.translations} == {"mapped"}


def test_paths_are_files(tmp_path: Path) -> None:
    assert BiochemFile(tmp_path / "none.sqlite").source == ""
