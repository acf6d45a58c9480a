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
