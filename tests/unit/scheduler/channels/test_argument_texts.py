"""Arguments that people edit as texts come back as values, and only those that differ."""

from __future__ import annotations

import pytest
from pydantic import JsonValue

from fluxagents.flows.errors import FluxError
from fluxagents.scheduler.channels.argument_texts import read_changes, write_value
from fluxagents.scheduler.channels.slack.forms import build_view
from fluxagents.scheduler.channels.slack.slack_event import Press, read_event
from fluxagents.scheduler.runs.argument_form import build_form
from fluxagents.tasks.registry import TOOLS, entries_of

ARGS: dict[str, JsonValue] = {"bounds": {"EX_glc__D_e": {"lower_mmol_per_gdw_h": -5}}, "biomass": "BIOMASS"}
FIELDS = build_form(entries_of(TOOLS)["set_bounds"], ARGS)
SAMPLING = build_form(entries_of(TOOLS)["run_flux_sampling"], {})


def test_a_form_that_is_sent_as_it_was_shown_changes_nothing() -> None:
    for fields in (FIELDS, SAMPLING):
        texts = {field.name: f" {write_value(field.value)}\r\n" for field in fields}
        with pytest.raises(FluxError, match="no argument differs"):
            read_changes(fields, texts)


def test_only_what_differs_comes_back_and_as_its_type() -> None:
    changed = read_changes(FIELDS, {"bounds": '{"PFK": {"upper_mmol_per_gdw_h": 3}}', "biomass": ""})
    assert changed == {"bounds": {"PFK": {"upper_mmol_per_gdw_h": 3}}, "biomass": None}
    numbers = [field for field in SAMPLING if field.type == "integer"]
    assert read_changes(SAMPLING, {numbers[0].name: "77", "unknown": "1"}) == {numbers[0].name: 77}


def test_a_text_that_is_no_value_is_named() -> None:
    with pytest.raises(FluxError, match="argument 'bounds' cannot be 'PFK up': it is no object"):
        read_changes(FIELDS, {"bounds": "PFK up"})


def test_a_view_of_slack_comes_back_as_the_press_that_it_was_opened_for() -> None:
    press = Press(delivery="t1", user="UBOB", place="CALL", action="form-edit", request="r.1", digest="d")
    view = build_view("edit", press, FIELDS)
    bounds = next(block for block in view["blocks"] if block["block_id"] == "bounds")
    assert bounds["element"]["initial_value"] == write_value(ARGS["bounds"])
    sent = {
        "id": "V1",
        "callback_id": view["callback_id"],
        "private_metadata": view["private_metadata"],
        "state": {"values": {"bounds": {"bounds": {"type": "plain_text_input", "value": "{}"}}}},
    }
    payload: dict[str, JsonValue] = {"type": "view_submission", "user": {"id": "UANN"}, "view": sent}
    assert read_event("interactive", payload) == Press(
        delivery="V1",
        user="UANN",
        place="CALL",
        action="edit",
        request="r.1",
        digest="d",
        values={"bounds": "{}"},
    )
