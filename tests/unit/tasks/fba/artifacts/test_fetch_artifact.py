"""Part of an artifact: the rows that were asked for, and honest counts of those that were not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from tests.support.recorded_run import RUN_ID, record

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.artifacts.table_filter import filter_table
from fluxagents.tasks.ports.sources import Sources
from fluxagents.tasks.registry import tool_named

TABLE = pd.DataFrame(
    {
        "id": ["a", "b", "c", "d"],
        "growth_per_h": [0.5, 0.05, float("nan"), 0.0],
        "is_essential": [False, False, True, True],
        "name": ["x", None, "z", "x"],
    }
)

Fetch = Callable[..., Any]


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    return record(str(tmp_path_factory.mktemp("store")))[1]


@pytest.fixture(scope="module")
def fetch(sources: Sources) -> Fetch:
    tool = tool_named("fetch_artifact")
    return lambda **args: tool.carry_out(None, tool.parse(args), sources)


@pytest.mark.parametrize(
    ("expression", "ids"),
    [
        ("growth_per_h < 0.1", "bd"),
        ("not growth_per_h < 0.1", "ac"),
        ("0 < growth_per_h <= 0.5", "ab"),
        ("growth_per_h == None", "c"),
        ("growth_per_h is not None and is_essential", "d"),
        ("is_essential or id == 'a'", "acd"),
        ("id in ['a', 'c']", "ac"),
        ("id not in ('a', 'c')", "bd"),
        ("name == 'x'", "ad"),
        ("abs(growth_per_h - 0.5) < 1e-9", "a"),
        ("2 * growth_per_h + 0.1 >= -1 * -0.2", "ab"),
    ],
)
def test_a_filter_keeps_the_rows_it_says(expression: str, ids: str) -> None:
    assert "".join(filter_table(TABLE, expression)["id"]) == ids


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("growth < 0.1", "nearest: growth_per_h"),
        ("__import__('os').system('true')", "is not allowed here"),
        ("id.str.len() > 0", "is not allowed here"),
        ("growth_per_h ** 9 > 1", "is not allowed here"),
        ("[i for i in id]", "is not allowed here"),
        ("'a' * 1000000000 == id", "is no number"),
        ("id * 1000000000 == id", "is no number"),
        ("growth_per_h", "neither true nor false"),
        ("1 < 2", "neither true nor false"),
        ("growth_per_h and is_essential", "neither true nor false"),
        ("growth_per_h < 'x'", "cannot be used"),
        ("growth_per_h <", "cannot be used"),
        ("(" * 5000, "cannot be used"),
        ("is_essential == b'x'", "is not allowed here"),
    ],
)
def test_a_filter_that_does_not_fit_says_why(expression: str, said: str) -> None:
    with pytest.raises(FluxError) as raised:
        filter_table(TABLE, expression)
    assert said in str(raised.value)
    assert raised.value.kind in {ErrorClass.BAD_ARGUMENT, ErrorClass.UNKNOWN_ID}


def test_rows_are_filtered_sorted_and_paged(fetch: Fetch) -> None:
    asked: dict[str, Any] = {
        "artifact": f"{RUN_ID}/2",
        "columns": ["reaction", "flux_mmol_per_gdw_h"],
        "filter": "flux_mmol_per_gdw_h > 10",
        "sort_by": "flux_mmol_per_gdw_h",
        "descending": True,
    }
    first = fetch(**asked, limit=3)
    assert (first.rows_in_table, len(first.rows)) == (95, 3)
    assert first.rows[0] == ("ATPS4r", pytest.approx(45.5140098, rel=1e-6))
    assert first.key_findings()["next_offset"] == 3
    rest = fetch(**asked, offset=3, limit=1_000)
    assert 3 + len(rest.rows) == first.rows_matching
    assert rest.key_findings()["next_offset"] is None
    values = [row[1] for row in (*first.rows, *rest.rows)]
    assert values == sorted(values, reverse=True)


def test_what_does_not_fit_is_counted_and_where_to_go_on_is_said(fetch: Fetch) -> None:
    found = fetch(artifact=f"{RUN_ID}/2", limit=1_000)
    shown = found.key_findings()
    assert len(json.dumps(shown)) <= 2_048
    assert shown["rows_matching"] == 95
    assert 0 < shown["rows_shown"] < 95
    assert shown["next_offset"] == shown["rows_shown"] == len(shown["rows"])
    assert len(found.tables()["rows"]) == 95


def test_an_artifact_is_found_by_its_digest_and_by_a_beginning(fetch: Fetch) -> None:
    digest = fetch(artifact=f"{RUN_ID}/2").artifact
    for address in (digest, digest[:20], digest[7:15]):
        assert fetch(artifact=address, limit=1).artifact == digest


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({"artifact": f"{RUN_ID}/99"}, "step 99 of run"),
        ({"artifact": f"{RUN_ID}/2", "columns": ["flux_mmol"]}, "nearest: flux_mmol_per_gdw_h"),
        ({"artifact": f"{RUN_ID}/2", "sort_by": "reactoin"}, "nearest: reaction"),
        ({"artifact": f"{RUN_ID}/2", "table": "flux"}, "has no table 'flux'; nearest: fluxes"),
        ({"artifact": f"{RUN_ID}/4"}, "name one; tables and columns: genes: id, name"),
        ({"artifact": "/etc/passwd"}, "is not the digest of an artifact"),
        ({"artifact": "0" * 12}, "no artifact whose digest begins"),
    ],
)
def test_errors_name_the_thing_and_the_way_out(fetch: Fetch, args: dict[str, Any], said: str) -> None:
    with pytest.raises(FluxError) as raised:
        fetch(**args)
    assert said in str(raised.value)


def test_a_wide_table_shows_as_many_columns_as_fit(sources: Sources, fetch: Fetch) -> None:
    wide = pd.DataFrame([[0.123456] * 2_583] * 3, columns=[f"reaction_{n}" for n in range(2_583)])
    ref = sources.artifacts.put_table(wide, tool="sampling")
    shown = fetch(artifact=ref.digest).key_findings()
    assert shown["columns_in_table"] == 2_583
    assert shown["rows_shown"] == 3
    assert len(shown["rows"][0]) == len(shown["columns"]) >= 8
