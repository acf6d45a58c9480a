"""ModelSEED's tables as one searchable file: whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.files.biochem_file import BiochemFile

GLUCOSE = (
    'Name: D-Glucose; Dextrose; "Grape" sugar|AraCyc: GLC|BiGG: glc__D|KEGG: C00031; C00293'
    "|metanetx.chemical: MNXM41"
)
COMPOUNDS = (
    "id\tabbreviation\tname\tformula\tinchikey\tis_obsolete\taliases",
    "cpd00027\tglc-D\tD-Glucose\tC6H12O6\tWQZGKKKJIJFFOK-GASJEMHNSA-N\t0\t" + GLUCOSE,
    "cpd26821\tglc-old\tD-Glucose\tC6H12O6\tnull\t1\tKEGG: C00293",
    "cpd00020\tpyr\tPyruvate\tC3H3O3\tLCTONWCANYUPML-UHFFFAOYSA-M\t0\tBiGG: pyr|KEGG: C00022",
    "cpd00001\th2o\tH2O\tH2O\tXLYOFNOQVPJJNP-UHFFFAOYSA-N\t0\tnull",
)
HEXOKINASE = "BiGG: HEX1|KEGG: R00299|Name: Hexokinase\t2.7.1.1|2.7.1.2"
REACTIONS = (
    "id\tabbreviation\tname\tequation\tis_obsolete\taliases\tec_numbers",
    "rxn00216\tHEX1\tATP:D-glucose 6-phosphotransferase\tglucose => G6P\t0\t" + HEXOKINASE,
)


def written(folder: Path, name: str, lines: tuple[str, ...]) -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def library(tmp_path: Path) -> BiochemFile:
    found = BiochemFile(tmp_path / "data" / "biochem.sqlite")
    found.replace(
        {
            "compound": written(tmp_path, "compounds.tsv", COMPOUNDS),
            "reaction": written(tmp_path, "reactions.tsv", REACTIONS),
        }
    )
    return found


def test_an_id_of_any_database_finds_its_compound(library: BiochemFile) -> None:
    for namespace, identifier in (
        ("bigg", "glc__D"),
        ("kegg", "c00031"),
        ("metanetx", "MNXM41"),
        ("modelseed", "cpd00027"),
        ("inchikey", "WQZGKKKJIJFFOK-GASJEMHNSA-N"),
    ):
        (glucose,) = library.by_id(identifier, namespace, "compound")
        assert glucose.id == "cpd00027"
        assert glucose.ids["kegg"] == ("C00031", "C00293")
        assert glucose.names == ("D-Glucose", "Dextrose", '"Grape" sugar')
    assert library.by_id("glc__D", "kegg", None) == []
    assert library.by_id("glc__D", None, "reaction") == []
    assert "AraCyc" not in str(library.namespaces())


def test_an_id_of_two_compounds_finds_both_the_obsolete_one_last(library: BiochemFile) -> None:
    assert [entity.id for entity in library.by_id("C00293", None, None)] == ["cpd00027", "cpd26821"]
    assert [entity.is_obsolete for entity in library.by_name("d-glucose", None)] == [False, True]


def test_words_find_beginnings_in_names_and_ids(library: BiochemFile) -> None:
    found, count = library.search("gluc", None, 10)
    assert (found[0].id, count) == ("cpd00027", 3)
    assert found[-1].is_obsolete
    assert library.search("gluc", None, 1)[1] == 3
    assert [entity.id for entity in library.search("hexokin", "reaction", 5)[0]] == ["rxn00216"]
    assert library.search("zzz", None, 5) == ([], 0)


@pytest.mark.parametrize("words", ['"', "glucose OR 1=1", "NEAR(", "*", "names:glucose", "", "' --"])
def test_no_words_are_read_as_a_query(library: BiochemFile, words: str) -> None:
    found, count = library.search(words, None, 5)
    assert (list(found), count) == ([], 0)


def test_reactions_have_enzyme_numbers(library: BiochemFile) -> None:
    (hexokinase,) = library.by_id("R00299", "kegg", None)
    assert hexokinase.ids["ec"] == ("2.7.1.1", "2.7.1.2")


def test_before_an_import_there_is_nothing_and_no_file(tmp_path: Path) -> None:
    library = BiochemFile(tmp_path / "biochem.sqlite")
    assert (library.source, library.status(), library.namespaces()) == ("", [], frozenset())
    assert library.by_id("glc__D", None, None) == []
    assert library.search("glucose", None, 5) == ((), 0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("id\tname", "cpd1\tx"), "has no column 'formula'"),
        ((*COMPOUNDS, "cpd9\tbroken"), "line 6 of 'bad.tsv' has too few cells"),
        (COMPOUNDS[:1], "holds no compound"),
        (("\x00",), "has no column 'id'"),
    ],
)
def test_a_bad_file_changes_nothing(
    library: BiochemFile, tmp_path: Path, lines: tuple[str, ...], said: str
) -> None:
    before = library.status()
    with pytest.raises(FluxError, match=said) as raised:
        library.replace({"compound": written(tmp_path, "bad.tsv", lines)})
    assert raised.value.kind is ErrorClass.SCHEMA
    assert library.status() == before
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["biochem.sqlite"]


def test_a_missing_file_is_named(library: BiochemFile, tmp_path: Path) -> None:
    with pytest.raises(FluxError, match=r"nowhere\.tsv' cannot be read: No such file"):
        library.replace({"compound": tmp_path / "nowhere.tsv"})


def test_many_rows_are_read_in_batches(library: BiochemFile, tmp_path: Path) -> None:
    rows = (f"cpd{n:05}\tx\tcompound {n}\tC\tnull\t0\tKEGG: K{n}" for n in range(5_001))
    status = library.replace({"compound": written(tmp_path, "many.tsv", (COMPOUNDS[0], *rows))})
    assert status == [{"kind": "compound", "file": "many.tsv", "entities": 5_001}]
    assert library.by_id("K5000", None, None)[0].names == ("compound 5000",)
    assert library.by_id("K1999", None, None)[0].id == "cpd01999"
