"""What a batch is given: lists in files, and media."""

from __future__ import annotations

from pathlib import Path

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.commands.batches.batch_inputs import parse_medium, read_list


def test_a_list_has_a_value_a_line_and_may_have_comments(tmp_path: Path) -> None:
    file = tmp_path / "models.txt"
    file.write_text("# mine\n\niJO1366\n  e_coli_core  \n")
    assert read_list(["a"], str(file)) == ["a", "iJO1366", "e_coli_core"]
    assert read_list(["a"], None) == ["a"]


@pytest.mark.parametrize("content", [None, "", "# nothing\n"])
def test_a_list_that_is_missing_or_empty_is_an_error(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "models.txt"
    if content is not None:
        file.write_text(content)
    with pytest.raises(FluxError, match=r"models\.txt"):
        read_list([], str(file))


def test_a_medium_is_words_or_a_file(tmp_path: Path) -> None:
    expected = {"EX_glc__D_e": 10.0, "EX_o2_e": 0.0}
    assert parse_medium("EX_glc__D_e=10, EX_o2_e=0") == expected
    for name, text in (
        ("m.yaml", "EX_glc__D_e: 10\nEX_o2_e: 0\n"),
        ("m.json", '{"EX_glc__D_e": 10, "EX_o2_e": 0}'),
    ):
        (tmp_path / name).write_text(text)
        assert parse_medium(str(tmp_path / name)) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("EX_glc__D_e=ten", "'ten' of 'EX_glc__D_e'"),
        ("EX_glc__D_e=-10", "-10"),
        ("EX_glc__D_e=inf", "inf"),
        ("EX_glc__D_e=nan", "nan"),
        ("EX_glc__D_e=1,EX_glc__D_e=2", "named twice"),
        ("EX_glc__D_e=1,EX_o2_e", "is not EXCHANGE=UPTAKE"),
        ("=1", "is not EXCHANGE=UPTAKE"),
    ],
)
def test_a_bad_medium_names_the_value_and_the_way_out(text: str, said: str) -> None:
    with pytest.raises(FluxError, match=said) as caught:
        parse_medium(text)
    assert caught.value.kind is ErrorClass.MEDIUM
    assert caught.value.suggestions


@pytest.mark.parametrize("content", ["", "- a\n- b\n", "a: [1]\n", "a: true\n", "a: {\n", "{}"])
def test_a_file_that_is_no_medium_is_an_error(tmp_path: Path, content: str) -> None:
    file = tmp_path / "m.yaml"
    file.write_text(content)
    with pytest.raises(FluxError, match=r"m\.yaml"):
        parse_medium(str(file))
