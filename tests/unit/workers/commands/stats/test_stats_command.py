"""`fluxagents stats` over runs in Redis and in the archive."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from redis import Redis
from tests.support.command_calls import simulate_terminal
from tests.support.story import part, split, whole

from fluxagents.flows import events as e
from fluxagents.flows.errors import FluxError
from fluxagents.flows.ports.commit import Commit
from fluxagents.flows.reducer import fold
from fluxagents.scheduler.runs.run_ids import run_id
from fluxagents.workers.commands.stats.stats import stats
from fluxagents.workers.files.run_archive import Archive, retire
from fluxagents.workers.redis.runs.run_store import RedisRunStore

Call = Callable[..., Result]

JANUARY = 1_767_225_600_000
"""2026-01-01 in UTC."""
DAY = 86_400_000


@pytest.fixture
def store(redis: Redis, key_prefix: str) -> RedisRunStore:
    return RedisRunStore(redis, prefix=key_prefix)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(str(tmp_path))


@pytest.fixture
def call(redis_url: str, key_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.setenv("FLUXAGENTS_REDIS_URL", redis_url)
    monkeypatch.setenv("FLUXAGENTS_KEY_PREFIX", key_prefix)
    monkeypatch.setenv("FLUXAGENTS_STORE_URL", str(tmp_path))

    def run(*words: str) -> Result:
        done = CliRunner().invoke(stats, words, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done

    return run


def as_json(call: Call, *words: str) -> Any:
    return json.loads(call(*words, "--json").stdout)


def put(store: RedisRunStore, *logs: Sequence[e.Event]) -> None:
    for events in logs:
        state = fold(events)
        store.create(Commit(tuple(events), state, None), state.model_dump_json())


def at(day: int, **started: Any) -> tuple[e.Event, ...]:
    """A run that starts on this day of January 2026."""
    start_ms = JANUARY + (day - 1) * DAY
    return whole(run_id(start_ms, key=f"run of {day}"), start_ms=start_ms, **started)


def test_runs_in_redis_and_in_the_archive_are_counted_once(
    call: Call, store: RedisRunStore, archive: Archive
) -> None:
    put(store, at(1), at(2), whole("of-my-own"))
    assert len(retire(store, archive, JANUARY + 4 * DAY)) == 3
    put(store, at(5), at(6))
    moving = at(5)
    archive.put(fold(moving), moving)
    told = as_json(call)
    assert (told["runs"], told["in_redis"], told["in_archive"]) == (5, 2, 3)
    assert (told["retries"], told["flows"][0]["duration_s"]["median"]) == (5, 87.5)
    assert told["last_started"].startswith("2026-01-06T00:00")


def test_parts_are_counted_with_the_run_that_began_them_wherever_they_lie(
    call: Call, store: RedisRunStore, archive: Archive
) -> None:
    put(store, split(), part(0), part(1))
    before = as_json(call)
    assert (before["runs"], before["children"], before["tools"][0]["parts"]) == (1, 2, 2)
    assert len(retire(store, archive, 2_000_000)) == 3
    after = as_json(call)
    assert (after["in_archive"], after["tools"]) == (1, before["tools"])
    assert as_json(call, "--children")["runs"] == 3
    assert "They began 2 child runs" in call().stdout


def test_runs_are_chosen_by_flow_session_and_start(
    call: Call, store: RedisRunStore, archive: Archive
) -> None:
    other = e.FlowRef(name="other", version=2, digest="o")
    put(store, at(1), at(2, session="mine"), at(40))
    retire(store, archive, JANUARY + 50 * DAY)
    put(store, at(3, flow=other), at(4, session="mine"))

    def days(*words: str) -> list[int]:
        told = as_json(call, *words)
        return [told["runs"], told["in_archive"]]

    assert days() == [5, 3]
    assert days("--flow", "other") == [1, 0]
    assert days("--session", "mine") == [2, 1]
    assert days("--since", "2026-01-02", "--until", "2026-01-03") == [2, 1]
    assert days("--until", "2026-01-01T00:00:00") == [1, 1]
    assert days("--since", "2026-02-01") == [1, 1]
    assert "no runs" in call("--flow", "nobody").stdout


def test_times_that_cannot_be_are_refused(call: Call) -> None:
    with pytest.raises(FluxError, match="'soon' is no time"):
        call("--since", "soon")
    with pytest.raises(FluxError, match="--since 2026-02-01 is not before --until 2026-01-01"):
        call("--since", "2026-02-01", "--until", "2026-01-01")


def test_a_log_that_cannot_be_read_is_named_and_does_not_hide_the_others(
    call: Call, store: RedisRunStore, redis: Redis, key_prefix: str, tmp_path: Path
) -> None:
    put(store, at(1), at(2), at(3))
    gap, damaged = (run_id(JANUARY + day * DAY, key=f"run of {day + 1}") for day in (0, 1))
    redis.lset(f"{key_prefix}run:{gap}:events", 3, "{}")
    Archive(str(tmp_path)).put(fold(at(2)), at(2))
    store.forget(damaged, "s")
    path = tmp_path / f"archive/2026/01/{damaged}.jsonl.gz"
    path.write_bytes(gzip.compress(b"{}")[:-4])
    told = as_json(call)
    assert told["runs"] == 1
    assert [one["run"] for one in told["unreadable"]] == [gap, f"archive/2026/01/{damaged}.jsonl.gz"]
    assert "line 4" in told["unreadable"][0]["why"]
    assert gap in call().stderr


def test_the_tables_fit_a_terminal(call: Call, store: RedisRunStore) -> None:
    put(store, at(1), at(2), split(), part(0), part(1))
    with simulate_terminal(80):
        shown = call().stdout
    assert max(map(len, shown.splitlines())) <= 80
    for expected in (
        "3 finished",
        "1.0 min",
        "timeout",
        "approved 2",
        "ada",
        "growth_check v1",
        "2 steps retried",
    ):
        assert expected in shown


def test_tokens_cost_what_the_user_says(
    call: Call, store: RedisRunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """2 runs of 300 tokens in at 2 and 50 out at 10 a million."""
    put(store, at(1), at(2))
    assert as_json(call)["cost"] == {"amount": None, "currency": None, "unpriced": ["m"]}
    assert "has no price for m" in call().stdout
    prices = tmp_path / "prices.toml"
    prices.write_text('currency = "EUR"\n[models.m]\ninput = 2\noutput = 10\n')
    monkeypatch.setenv("FLUXAGENTS_CHAT_PRICES", str(prices))
    told = as_json(call)["cost"]
    assert (told["amount"], told["currency"]) == (pytest.approx(0.0022), "EUR")
    assert "They cost 0.0022 EUR" in call().stdout


def test_records_are_written_as_parquet(call: Call, store: RedisRunStore, tmp_path: Path) -> None:
    put(store, at(1), at(2), split(), part(0), part(1))
    shown = call("--parquet", str(tmp_path / "found.parquet")).stdout
    assert "found.steps.parquet" in shown
    runs = pd.read_parquet(tmp_path / "found.parquet").set_index("run_id")
    steps = pd.read_parquet(tmp_path / "found.steps.parquet")
    assert sorted(runs["duration_s"]) == [12.0, 87.5, 87.5]
    assert str(runs["started_at"].dtype) == "datetime64[ms, UTC]"
    assert runs.loc["big"].to_dict().items() >= {"work_s": 0.5, "children_s": 9.5, "children": 2}.items()
    assert sorted(steps.groupby("run_id")["work_s"].agg("sum")) == [0.5, 17.5, 17.5]
    assert steps.loc[steps["error_kind"] == "timeout", "tool"].tolist() == ["change", "change"]
    spent = [name for name in map(str, steps.columns) if name.endswith("_s")]
    assert steps[spent].sum().sum() == pytest.approx(runs["duration_s"].sum())


def test_a_parquet_file_that_cannot_be_written_is_refused_before_anything_is_read(
    call: Call, tmp_path: Path
) -> None:
    with pytest.raises(FluxError, match="no known suffix") as caught:
        call("--parquet", str(tmp_path / "found.csv"))
    assert caught.value.suggestions == ("end its name with .parquet",)
