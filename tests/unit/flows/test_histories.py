"""Recorded runs replay to the state that was stored; a broken one says where it breaks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.places import HISTORIES

from fluxagents.flows import events as e
from fluxagents.flows.engine.invariants import find_violations
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.history.json_lines import history_from_json_lines
from fluxagents.flows.language.nodes import ApproveNode
from fluxagents.flows.language.reading import flow_from_json
from fluxagents.flows.ports.commit import Commit
from fluxagents.flows.reducer import fold
from fluxagents.flows.state import state_from_json
from fluxagents.scheduler.batches.batch_tables import summary_rows
from fluxagents.workers.clients.local import LocalClient

RECORDED = sorted(path.name.removesuffix(".events.jsonl") for path in HISTORIES.glob("*.events.jsonl"))


def lines(name: str) -> list[str]:
    return (HISTORIES / f"{name}.events.jsonl").read_text().splitlines()


def test_there_are_recorded_histories() -> None:
    assert RECORDED


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_run_replays_to_its_state(name: str) -> None:
    """With all that was stored; what a later version added to the state follows from the events too."""
    stored = (HISTORIES / f"{name}.state.json").read_text()
    known = json.loads(stored).keys() - {"schema_version"}
    replayed = fold(history_from_json_lines(lines(name)))
    assert replayed.model_dump(include=known) == state_from_json(stored).model_dump(include=known)


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_run_does_not_say_whether_it_has_answered(name: str) -> None:
    """Early versions kept no list of what was asked: it is not known, and shown as a dash."""
    state = fold(history_from_json_lines(lines(name)))
    assert (state.asked, state.answered, state.unanswered) == (None, None, ())
    (row,) = summary_rows([state])
    assert row.answered == "\u2013"


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_run_is_written_again_with_all_that_it_said(name: str) -> None:
    """What a later version added is there with its default, and nothing is lost."""
    for event, line in zip(history_from_json_lines(lines(name)), lines(name), strict=True):
        assert within(json.loads(line), event.model_dump(mode="json"))


def within(old: Any, new: Any) -> bool:
    if isinstance(old, dict):
        return all(key in new and within(value, new[key]) for key, value in old.items())
    return bool(old == new)


def test_an_event_that_cannot_be_read_is_named_with_its_line() -> None:
    broken = lines(RECORDED[0])
    broken[3] = broken[3].replace('"type":"', '"type":"Un')
    with pytest.raises(FluxError, match="line 4") as caught:
        history_from_json_lines(broken)
    assert caught.value.kind is ErrorClass.SCHEMA


def test_an_event_that_is_missing_is_noticed() -> None:
    history = history_from_json_lines(lines(RECORDED[0]))
    without = [event for event in history if event.seq != 2]
    with pytest.raises(FluxError, match="it belongs to step 3, the run is at step 2"):
        fold(without)


def test_an_event_after_the_end_is_refused() -> None:
    history = history_from_json_lines(lines(RECORDED[0]))
    late = e.RunPaused(seq=history[-1].seq + 1, at_ms=1, by="ada")
    with pytest.raises(FluxError, match="is finished"):
        fold([*history, late])


def test_a_history_begins_once() -> None:
    history = history_from_json_lines(lines(RECORDED[0]))
    with pytest.raises(FluxError, match="has started already"):
        fold([history[0], *history])
    with pytest.raises(FluxError, match="no run has started"):
        fold(history[1:])
    with pytest.raises(FluxError, match="has no events"):
        fold([])


def test_a_run_that_an_older_version_left_waiting_goes_on_to_its_end(tmp_path: Path) -> None:
    """Its flow, its state and its log are those that schema version 2 stored; a human agrees today."""
    flow = flow_from_json((HISTORIES / "waiting_approval.v2.flow.json").read_text())
    history = history_from_json_lines(lines("waiting_approval.v2"))
    state = state_from_json((HISTORIES / "waiting_approval.v2.state.json").read_text())
    assert find_violations(state, flow) == []
    agree = flow.nodes["agree"]
    assert isinstance(agree, ApproveNode)
    assert agree.timeout_s == 315_360_000, "as `within_s` said then"
    client = LocalClient(tmp_path)
    client.models.add_named("e_coli_core")
    client.store.save_flow(flow)
    waiting = state.model_copy(update={"flow": state.flow.model_copy(update={"digest": flow.digest})})
    client.store.create(Commit(events=history, state=waiting, dispatch=None), waiting.model_dump_json())
    assert waiting.waiting_for is not None
    client.approve(waiting.waiting_for.id, by="ada")
    client.approve(request_of(client, state.run_id), by="ada")
    after = client.store.load(state.run_id)
    assert after.status == "finished", after.error
    assert after.facts["growth_per_h"] == pytest.approx(1.6530718512, rel=1e-9)
    assert fold(client.store.events(state.run_id)).answer == after.answer


def request_of(client: LocalClient, run_id: str) -> str:
    request = client.store.load(run_id).waiting_for
    assert request is not None
    assert request.call is not None
    assert request.call.tool == "apply_medium"
    return request.id
