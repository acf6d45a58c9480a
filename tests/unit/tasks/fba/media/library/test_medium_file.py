"""A medium file is read as it stands, and a bad one is named with line and value."""

from __future__ import annotations

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.media.library.medium_file import medium_file

HEADER = "bigg\tuptake_mmol_per_gdw_h\n"


def test_ids_that_are_not_given_come_from_the_table() -> None:
    (glucose,) = medium_file(f"# title: mine\n{HEADER}glc__D\t10\n", "mine").components
    assert (glucose.seed, glucose.kegg, glucose.name) == ("cpd00027", "C00031", "glucose")
    assert glucose.inchikey.startswith("WQZGKKKJIJFFOK")


def test_a_name_alone_is_enough() -> None:
    (acetate,) = medium_file("name\tuptake_mmol_per_gdw_h\nAcetic acid\t2.5\n", "mine").components
    assert (acetate.bigg, acetate.uptake_mmol_per_gdw_h) == ("ac", 2.5)


@pytest.mark.parametrize(
    ("text", "line", "value"),
    [
        (f"{HEADER}glc__D\tten\n", "line 2", "'ten'"),
        (f"# title: x\n\n{HEADER}ac\t1\nglc__D\t-5\n", "line 5", "'-5'"),
        (f"{HEADER}glc__D\tnan\n", "line 2", "'nan'"),
        (f"{HEADER}glc__D\n", "line 2", "''"),
        (f"{HEADER}ac\t1\nac\t2\n", "line 3", "'ac' is there twice"),
        ("bigg\tuptake\nac\t1\n", "line 1", "unknown column 'uptake'"),
        ("bigg\nac\n", "line 1", "uptake_mmol_per_gdw_h"),
        (f"{HEADER}\t1\n", "line 2", "no compound"),
        ("# title: nothing\n", "mine.tsv", "no compounds"),
    ],
)
def test_a_bad_file_is_named_with_line_and_value(text: str, line: str, value: str) -> None:
    with pytest.raises(FluxError) as raised:
        medium_file(text, "mine.tsv")
    assert raised.value.kind is ErrorClass.MEDIUM
    assert "mine.tsv" in raised.value.message
    assert line in raised.value.message
    assert value in raised.value.message


def uptakes(text: str, where: str = "mine.csv") -> dict[str, float]:
    return {part.seed: part.uptake_mmol_per_gdw_h for part in medium_file(text, where).components}


MEDIUM = {"cpd00027": 5.5, "cpd00007": 12.5}
"""Glucose and oxygen."""


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("compounds,name,maxFlux\ncpd00027,D-Glucose,5.5\ncpd00007,O2,12.5\n", "gapseq.csv"),
        ("\ufeffBiGG\tUptake_mmol_per_gDW_h\r\nglc__D\t5.5\r\n\r\no2\t12.5\r\n", "bom.tsv"),
        ("bigg;maxFlux\nglc__D;5,5\no2;12,5\n", "decimal_commas.csv"),
        ('"bigg","name","maxflux"\n"glc__D","glucose, D","5.5"\n"o2","oxygen","12.5"\n', "quoted.csv"),
        (" bigg , maxflux \n glc__D , 5.5 \n ,, \n o2 , 12.5 \n", "blanks.csv"),
        ("bigg   maxflux\nglc__D  5.5\no2  12.5\n", "blanks.txt"),
        ("name\tseed\tmaxflux\t\n\tcpd00027\t5.5\t\n\tcpd00007\t12.5\t\n", "ends.tsv"),
        (
            "id\tname\tconcentration\tminflux\tmaxflux\ncpd00027\tD-Glucose\t\t-100\t5.5\ncpd00007\tO2\t1\t0\t12.5",
            "modelseed.tsv",
        ),
        ("glc__D: 5.5\no2: 12.5\n", "mapping.yaml"),
        ('{"glucose": 5.5, "o2": 12.5}', "mapping.json"),
        ("glucose: 5.5\ncpd00007: 12.5\n", "names.YML"),
    ],
)
def test_media_of_other_programs_are_read(text: str, where: str) -> None:
    assert uptakes(text, where) == MEDIUM


def test_an_id_is_known_by_its_form() -> None:
    text = "id,maxflux\nEX_ac_e,1\nC00031,2\nQTBSBXVTEAMEQO-UHFFFAOYSA-M,3\nnone_such,4\n"
    parts = medium_file(text, "m.csv").components
    assert [parts[0].exchange, parts[1].kegg, parts[3].bigg] == ["EX_ac_e", "C00031", "none_such"]
    assert parts[2].inchikey.startswith("QTBSBX")


def test_a_column_that_is_not_read_is_told() -> None:
    text = "id\tname\tconcentration\tminflux\tmaxflux\ncpd00027\tD-Glucose\t0.001\t-100\t5.5\n"
    (warning,) = medium_file(text, "m.tsv").warnings
    assert "concentration and minflux is not read" in warning


CARVEME = "medium\tdescription\tcompound\tname\nM9\tminimal\tglc__D\tGlucose\nM9\tminimal\to2\tOxygen\n"


def test_a_medium_of_carveme_has_its_uptake_and_says_so() -> None:
    found = medium_file(CARVEME, "M9_carveme.tsv")
    assert uptakes(CARVEME) == {"cpd00027": 10, "cpd00007": 10}
    assert "10 mmol/gDW/h of each" in found.convention
    with pytest.raises(FluxError, match="holds 2 media: M9, LB"):
        medium_file(f"{CARVEME}LB\trich\tac\tAcetate\n", "media_db.tsv")


def test_a_key_of_yaml_is_text_and_none_is_lost() -> None:
    """YAML reads `no` as false, and keeps the last of two equal keys."""
    (nitric_oxide,) = medium_file("no: 3", "m.yaml").components
    assert nitric_oxide.bigg == "no"
    with pytest.raises(FluxError, match="line 2: compound 'ac' is there twice"):
        medium_file("ac: 3\nac: 4\n", "m.yaml")


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        ("bigg,maxflux\nglc__D,10,5\n", "m.csv", "line 2: 3 cells under a header of 2"),
        ("bigg;maxflux\nglc__D;1,000\n", "m.csv", "'1,000', whose comma may mark"),
        ("bigg,maxflux\nglc__D,ten\n", "m.csv", "line 2.*'ten'"),
        ("bigg,maxflux\nglc__D,-10\n", "m.csv", "line 2.*'-10'"),
        ("bigg,maxflux\nglc__D,\n", "m.csv", "line 2.*is ''"),
        ("bigg,seed,maxflux\nglc__D,,1\n,cpd00027,2\n", "m.csv", "line 3.*'glc__D' is there twice"),
        ("glc__D,10\no2,5\n", "m.csv", "line 1: unknown column 'glc__d'"),
        ("id,compounds,maxflux\nac,ac,1\n", "m.csv", "two columns for 'id'"),
        ("bigg,bigg,maxflux\nac,ac,1\n", "m.csv", "two columns for 'bigg'"),
        ("name,formula\nacetate,C2\n", "m.csv", "the header needs"),
        ('bigg,maxflux\n"ac"x,1\n', "m.csv", "line 2"),
        ("- ac\n", "m.yaml", "maps no compounds"),
        ("", "m.yaml", "maps no compounds"),
        ("ac: [1, 2]", "m.yaml", "line 1: this is no compound with one uptake"),
        ("ac: {1", "m.yml", "cannot be read"),
        ("ac: -1", "m.yml", "'-1'"),
    ],
)
def test_what_cannot_be_a_medium_is_named(text: str, where: str, says: str) -> None:
    with pytest.raises(FluxError, match=f"medium file '{where}'.*{says}") as raised:
        medium_file(text, where)
    assert raised.value.kind is ErrorClass.MEDIUM
