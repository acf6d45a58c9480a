"""Values as pages show them: times, durations, numbers, and the beginning of what is long."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fluxagents.flows.engine.tool_calls import ask_for_call
from fluxagents.flows.engine.tool_flows import find_tool
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.state import RunState
from fluxagents.scheduler.runs.argument_form import list_arguments
from fluxagents.tasks.registry import TOOLS, entries_of

MAX_TEXT = 300
"""Characters of a value in a table."""

_REASONS = frozenset({"evidence", "accepted_before"})
"""Arguments that say why a call is asked for, or after what: they are no part of what it is called."""

_LISTED = ("ids", "values")
"""Under which the facts of a result list the first of something."""

_UNITS = ((172_800.0, 86_400.0, "d"), (3_600.0, 3_600.0, "h"), (60.0, 60.0, "min"))


def format_date(at_ms: int) -> str:
    """Unix time in ms as date and time in UTC."""
    return f"{datetime.fromtimestamp(at_ms / 1_000, tz=UTC):%Y-%m-%d %H:%M:%S} UTC"


def format_minute(at_ms: int) -> str:
    """Unix time in ms as date and time in UTC, without seconds and zone."""
    return f"{datetime.fromtimestamp(at_ms / 1_000, tz=UTC):%Y-%m-%d %H:%M}"


def iso_time(at_ms: int) -> str:
    """Unix time in ms for the attribute `datetime`."""
    return datetime.fromtimestamp(at_ms / 1_000, tz=UTC).isoformat(timespec="milliseconds")


def format_duration(ms: float) -> str:
    """A duration in its largest unit: `12 ms`, `3.41 s`, `5.2 min`, `7.1 h`."""
    seconds = ms / 1_000
    for least, unit, name in _UNITS:
        if seconds >= least:
            return f"{seconds / unit:.1f} {name}"
    return f"{seconds:.3g} s" if seconds >= 1 else f"{ms:.0f} ms"


def format_number(value: float | None) -> str:
    """A number with four significant digits, thousands apart; a dash for none."""
    if value is None:
        return "\u2013"
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def format_value(value: Any) -> str:
    """A value of a result in a line of bounded length."""
    text = _describe(value)
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT].rstrip()} …"


def format_json(value: Any) -> str:
    """A value as JSON that people read."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def humanize(name: str) -> str:
    """A name of the code in words: `growth_per_h` is `growth`, its unit stands beside it."""
    for end in ("_mmol_per_gdw_h", "_per_h"):
        name = name.replace(f"{end}_count", "_count").removesuffix(end)
    return name.replace("_", " ")


def name_run(state: RunState) -> str:
    """What people call a run: its question, or what it does and with which values where it has none."""
    if question := state.inputs.get("question"):
        return str(question)
    what = find_tool(state.flow.name) or state.flow.name
    # A digest tells a reader nothing.
    given = {
        name: value
        for name, value in state.inputs.items()
        if value is not None and not str(value).startswith("sha256:")
    }
    values = ", ".join(list_values(what, given))
    words = what.replace("_", " ").capitalize()
    return format_value(f"{words}: {values}" if values else words)


def name_request(request: HumanRequest) -> str:
    """What a page calls a request: its question; where only a call is asked for, the tool with its values."""
    call = request.call
    if call is None or request.question != ask_for_call(call):
        return request.question
    return name_call(call.tool, call.args)


def name_call(tool: str, args: Mapping[str, Any]) -> str:
    """What a page calls a call: the tool with its values."""
    said = {
        name: value for name, value in args.items() if name not in _REASONS and value not in ([], {}, None)
    }
    values = list_values(tool, said)
    return f"{tool}: {', '.join(values)}" if values else tool


def list_values(tool: str, args: Mapping[str, Any]) -> list[str]:
    """What a tool is called with, such as `EX_glc__D_e 18.5 mmol/gDW/h` for an entry of `medium_changes`."""
    rows = list_arguments(entries_of(TOOLS).get(tool), args)
    return [
        f"{row.path.partition('.')[2] or row.path} {_describe(row.value)} {row.unit}".rstrip() for row in rows
    ]


def _describe(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "\u2013"
    if isinstance(value, Mapping):
        listed = next((name for name in _LISTED if value.keys() == {"count", "shown", name}), None)
        if listed is not None:
            more = "" if value["shown"] == value["count"] else f" and {value['count'] - value['shown']} more"
            return f"{value['count']}: {_describe(value[listed])}{more}" if value["count"] else "none"
        return ", ".join(f"{key} {_describe(inner)}" for key, inner in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(map(_describe, value)) or "none"
    return format_number(value) if isinstance(value, int | float) else str(value)


def plain_value(value: Any) -> Any:
    """A cell of a table as a value of Python; NaN is none."""
    plain = value.item() if hasattr(value, "item") else value
    return None if isinstance(plain, float) and math.isnan(plain) else plain
