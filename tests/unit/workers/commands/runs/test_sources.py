"""`runs show --sources`: each number leads to the finding that has it, and to how that was computed."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from tests.support.command_calls import invoke, simulate_terminal
from tests.support.decisions import BASELINE, DESCRIPTION, state_at
from tests.support.recorded_run import RUN_ID, RecordedRun, record

from fluxagents.flows.ports.commit import Commit
from fluxagents.flows.reducer import fold
from fluxagents.flows.state import Finding
from fluxagents.tasks.audits.answer_sources import trace_answer
from fluxagents.workers.commands.runs.runs import runs
from fluxagents.workers.redis.runs.run_store import RedisRunStore

QUESTION = "How fast does it grow, and how fast without oxygen?"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("recorded")


@pytest.fixture(scope="module")
def run(folder: Path) -> RecordedRun:
    return record(str(folder), QUESTION)[0]


@pytest.fixture
def call(
    redis: Redis, redis_url: str, key_prefix: str, run: RecordedRun, monkeypatch: pytest.MonkeyPatch
) -> Any:
    monkeypatch.setenv("FLUXAGENTS_REDIS_URL", redis_url)
    monkeypatch.setenv("FLUXAGENTS_KEY_PREFIX", key_prefix)
    state = fold(run.log)
    RedisRunStore(redis, prefix=key_prefix).create(Commit(run.log, state, None), state.model_dump_json())
    return partial(invoke, runs)


def test_each_number_has_its_finding_and_each_finding_its_computation(
    call: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLUXAGENTS_STORE_URL", str(folder))
    sources = json.loads(call("show", RUN_ID, "--sources", "--json").stdout)["sources"]
    growth = {number["said"]: number for number in sources["numbers"]}
    assert growth["0.874"]["value"] == pytest.approx(686_440 / 785_471, rel=1e-6)
    assert growth["0.212"]["value"] == pytest.approx(0.2116629497353, rel=1e-6)
    assert {number["key"] for number in growth.values()} == {"growth_per_h"}
    anaerobic = growth["0.212"]["finding"]
    by_id = {finding["id"]: finding for finding in sources["findings"]}
    assert by_id[anaerobic]["args"] == {"medium_changes": {"EX_o2_e": 0.0}}
    assert "EX_o2_e" not in by_id[anaerobic]["provenance"]["medium_mmol_per_gdw_h"]
    assert set(by_id) == {number["finding"] for number in growth.values()}

    with simulate_terminal(80):
        printed = call("show", RUN_ID, "--sources").stdout
    assert f"{anaerobic} growth_per_h" in printed
    assert "maximum of Biomass_Ecoli_core\n" in printed
    assert "EX_o2_e 0 to 1000" in " ".join(printed.split())
    assert "tolerance 1e-07" in " ".join(printed.split())


def test_a_result_that_is_not_in_the_store_is_no_secret(
    call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLUXAGENTS_STORE_URL", str(tmp_path))
    assert "its artifact is not in this store" in call("show", RUN_ID, "--sources").stdout
    sources = json.loads(call("show", RUN_ID, "--sources", "--json").stdout)["sources"]
    assert {finding["provenance"] for finding in sources["findings"]} == {None}


def test_what_people_gave_and_what_nobody_has_are_told_apart() -> None:
    state = state_at("Growth on acetate at 17.5?", answer="At 17.5 it grows at 0.874 1/h, not at 0.931 1/h.")
    given, found, untraced = trace_answer(state)
    assert (given.said, given.finding, given.given_by) == ("17.5", "", "the question")
    assert (found.finding, found.key, found.given_by) == (DESCRIPTION.id, "growth_per_h", "")
    assert (untraced.value, untraced.finding, untraced.given_by) == (None, "", "")


def test_a_finding_that_the_answer_names_goes_before_others() -> None:
    state = state_at("Growth?", answer="Growth is 0.874 1/h.\n\nSources: f2 (run_metabolic_fba)")
    assert [source.finding for source in trace_answer(state)] == [BASELINE.id]


def test_the_field_is_named_as_people_read_it() -> None:
    secreted = Finding(
        id="f3",
        tool="run_metabolic_fba",
        args={},
        key_findings={
            "secretions_mmol_per_gdw_h": {"count": 2, "shown": 1, "values": {"EX_for_e": 17.804674}}
        },
    )
    (source,) = trace_answer(state_at("?", findings=[secreted], answer="It secretes 17.8 mmol/gDW/h."))
    assert source.key == "secretions_mmol_per_gdw_h.EX_for_e"
