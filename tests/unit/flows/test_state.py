"""States are read from the wire with care."""

from __future__ import annotations

import json

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError, fingerprint, nearest
from fluxagents.flows.events import SCHEMA_VERSION, FlowRef
from fluxagents.flows.state import RunState, state_digest, state_from_json


@pytest.fixture
def state() -> RunState:
    return RunState(
        run_id="r",
        session="s",
        flow=FlowRef(name="f", version=1, digest="d"),
        inputs={},
        lane="bulk",
        started_ms=1,
        updated_ms=1,
        seq=1,
        status="running",
        node="a",
        model=None,
    )


def test_a_state_survives_the_wire(state: RunState) -> None:
    assert state_from_json(state.model_dump_json()) == state


def test_a_state_of_a_newer_schema_is_refused_with_the_way_out(state: RunState) -> None:
    newer = state.model_dump_json().replace(
        f'"schema_version":{SCHEMA_VERSION}', f'"schema_version":{SCHEMA_VERSION + 1}'
    )
    with pytest.raises(FluxError, match="upgrade the workers") as caught:
        state_from_json(newer)
    assert caught.value.kind is ErrorClass.SCHEMA


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema_version": 1}'])
def test_what_is_no_state_is_refused(text: str) -> None:
    with pytest.raises(FluxError, match="not a run state"):
        state_from_json(text)


def test_an_unknown_field_is_refused(state: RunState) -> None:
    document = json.loads(state.model_dump_json()) | {"surprise": 1}
    with pytest.raises(FluxError, match="surprise"):
        state_from_json(json.dumps(document))


def test_the_digest_sees_every_byte(state: RunState) -> None:
    text = state.model_dump_json()
    assert state_digest(text) == state_digest(text.encode())
    assert state_digest(text) != state_digest(text.replace('"seq":1', '"seq":2'))


def test_errors_that_differ_in_values_only_share_a_fingerprint() -> None:
    one = fingerprint(ErrorClass.UNKNOWN_ID, "fba", "reaction 'PFX' is not in model 'iJO1366'")
    two = fingerprint(ErrorClass.UNKNOWN_ID, "fba", "reaction 'ABC' is not in model 'e_coli_core'")
    other = fingerprint(ErrorClass.UNKNOWN_ID, "fba", "gene 'ABC' is not in model 'e_coli_core'")
    assert one == two != other


def test_the_nearest_names_ignore_case() -> None:
    assert nearest("pfx", ["PFK", "PFL", "BIOMASS"]) == ("nearest: PFK, PFL",) or nearest(
        "pfx", ["PFK", "PFL"]
    ) == ("nearest: PFL, PFK",)
    assert nearest("zzz", ["PFK"]) == ()
