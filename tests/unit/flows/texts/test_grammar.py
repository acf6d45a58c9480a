"""The grammar of ids and names: what was in use stays valid, and nothing that does harm is taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.support.hostile import HOSTILE_IDS

from fluxagents.flows.engine.shards import name_shards
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.state import child_ids
from fluxagents.flows.texts.checks import (
    check_document,
    check_name,
    check_run_id,
    check_stored_id,
    check_text,
)
from fluxagents.flows.texts.grammar import (
    MAX_DOCUMENT,
    MAX_ID,
    MAX_NAME,
    MAX_TEXT,
    is_child_id,
    is_name,
    is_run_id,
    is_stored_id,
)
from fluxagents.scheduler.runs.run_ids import run_id


@given(st.integers(0, 2**48 - 1), st.text())
def test_ids_of_our_making_are_valid(at_ms: int, key: str) -> None:
    assert check_run_id(run_id(at_ms))
    assert check_run_id(run_id(at_ms, key=key))


@pytest.mark.parametrize(
    "chosen",
    [
        "mine",
        "my-own-id-1",
        "2026-11-29_growth.v2",
        "ada@lab+1=x~y",
        "_x",
        "7",
        "x" * MAX_ID,
        "b5a1c9e2-0d43-4b7a-9a52-6f6f3f8f1f10",
    ],
)
def test_ids_that_people_choose_stay_valid(chosen: str) -> None:
    assert check_run_id(chosen) == chosen
    assert is_stored_id(chosen)


@pytest.mark.parametrize("hostile", HOSTILE_IDS, ids=lambda text: ascii(text[:20]))
def test_no_hostile_id_is_taken(hostile: str) -> None:
    with pytest.raises(FluxError) as caught:
        check_run_id(hostile)
    assert caught.value.kind is ErrorClass.BAD_ARGUMENT
    assert len(str(caught.value)) < 500
    assert str(caught.value).isprintable()


@given(st.text())
@example("victim:events")
@example("a\n")
def test_a_valid_id_is_safe_in_keys_paths_and_lines(text: str) -> None:
    if not is_run_id(text):
        return
    assert text.isascii()
    assert text.isprintable()
    assert not set(text) & set(":/\\ '\"`$%*?<>|&;#()[]{}!,")
    assert text not in {".", ".."}
    assert not text.startswith(("-", "."))
    assert is_stored_id(text)
    assert is_name(text), "a run is its own session by default"


@given(st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.+=@~-]{0,40}", fullmatch=True), st.integers(0, 10**6))
def test_nobody_chooses_the_id_of_a_run_that_another_one_begins(parent: str, seq: int) -> None:
    for child in (*child_ids(f"{parent}.{seq}", 2), *name_shards(parent, seq, 2)):
        assert is_child_id(child)
        assert is_stored_id(child)
        with pytest.raises(FluxError, match="gives to those that it begins"):
            check_run_id(child)


@pytest.mark.parametrize(
    "name", ["anyone", "Jürgen Müller", "schedule:nightly", "ada@lab.org", "第二批", "x" * MAX_NAME]
)
def test_names_are_words_of_any_language(name: str) -> None:
    assert check_name(name, "a session") == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        " a",
        "a ",
        "a\nb",
        "a\x1b[31m",
        "a\x9bm",
        "\u202eevil",
        "a\u200bb",
        "\ud800",
        "x" * (MAX_NAME + 1),
    ],
)
def test_a_name_is_one_visible_line(name: str) -> None:
    with pytest.raises(FluxError, match="cannot be the name of a person"):
        check_name(name, "a person")


@pytest.mark.parametrize("no_text", [None, 3, b"x", ["x"], {}])
def test_what_is_no_text_is_no_id_and_no_name(no_text: object) -> None:
    assert not any(is_valid(no_text) for is_valid in (is_run_id, is_stored_id, is_name))
    checks: list[Callable[[Any], object]] = [
        check_run_id,
        lambda text: check_name(text, "a session"),
        lambda text: check_text(text, "the answer"),
    ]
    for check in checks:
        with pytest.raises(FluxError):
            check(no_text)


def test_ids_of_early_versions_can_still_be_named() -> None:
    assert check_stored_id("batch:2026/11 #3") == "batch:2026/11 #3"
    for hostile in ("a\nb", "\x1b[2J", "x" * 1_001, ""):
        with pytest.raises(FluxError):
            check_stored_id(hostile)


def test_sizes_are_said_in_the_error() -> None:
    assert check_text("x" * MAX_TEXT, "the answer")
    with pytest.raises(FluxError, match=r"the answer has 32,001 characters, at most 32,000"):
        check_text("x" * (MAX_TEXT + 1), "the answer")
    check_document({"question": "x" * MAX_TEXT, "medium": {"EX_ac_e": 1.0}}, "input")
    with pytest.raises(FluxError, match=r"input 'question' has 32,001 characters"):
        check_document({"question": "x" * (MAX_TEXT + 1)}, "input")
    with pytest.raises(FluxError, match=r"input takes [\d,]+ characters as JSON, at most 256,000"):
        check_document({"list": ["x" * 1_000] * (MAX_DOCUMENT // 1_000)}, "input")
    with pytest.raises(FluxError, match="is no JSON"):
        check_document({"x": object()}, "input")  # type: ignore[dict-item]
    with pytest.raises(FluxError, match="expected values by name"):
        check_document(["x"], "input")  # type: ignore[arg-type]
