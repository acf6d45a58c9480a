"""Cultures over time: what is used up when, how much grows, and in which phases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fluxagents.workers.chat_models.planner.reporting.conditions import describe_conditions, describe_failure
from fluxagents.workers.chat_models.planner.reporting.phrases import (
    ZERO,
    format_number,
    format_rate,
    join_words,
)
from fluxagents.workers.chat_models.planner.reporting.reported_finding import MAX_LISTED, ReportedFinding

_BIOMASS, _CONCENTRATION = "gDW/L", "mmol/L"
_ASKS_WHEN = r"used? up|exhaust|deplet|runs? out|how long|verbraucht|erschöpf|wie lange|épuis|agot"
_KINDS: Mapping[str, str] = {"batch": "batch", "fed_batch": "fed-batch", "chemostat": "chemostat"}


def describe_time_course(finding: ReportedFinding) -> Iterator[str]:
    """A culture from its beginning to its end; when something is used up first, where that is asked."""
    end, biomass = finding.get("end_h"), finding.get("end_biomass_gdw_per_l")
    if end is None or biomass is None:
        yield from describe_failure(finding, "there is no culture to follow")
        return
    yield from describe_failure(finding)
    used_up = list(_list_used_up(finding))
    asks_when = finding.asks(_ASKS_WHEN)
    if asks_when:
        yield from used_up or [f"Nothing that is followed is used up within {format_number(end)} h."]
    yield from _describe_growth(finding, end, biomass)
    yield from () if asks_when else used_up
    yield from _describe_end(finding)
    yield from _describe_phases(finding)
    left = {n: v for n, v in _values(finding, "end_mmol_per_l").items() if v > ZERO}
    if left:
        yield f"Left at the end: {_write_amounts(finding, left)}."
    highest = _values(finding, "highest_mmol_per_l")
    starts = _values(finding, "start_mmol_per_l")
    made = {n: v for n, v in highest.items() if v > starts.get(n, 0.0) + ZERO}
    if made:
        yield f"The peak is {_write_amounts(finding, made)}."
    if finding.count("assumed"):
        yield f"Assumed, since nothing states it: {'; '.join(finding.values['assumed']['ids'])}."


def _describe_growth(finding: ReportedFinding, end: float, biomass: float) -> Iterator[str]:
    start = finding.values["start_biomass_gdw_per_l"]
    change = (
        f"{'rises' if biomass > start else 'falls'} from {format_number(start)} to {format_number(biomass)}"
    )
    if format_number(start) == format_number(biomass):
        change = f"stays at {format_number(start)}"
    there = {n: v for n, v in _values(finding, "start_mmol_per_l").items() if v > 0}
    amounts = f" with {_write_amounts(finding, there)} at the beginning" if there else ""
    kind = _KINDS[finding.values["culture"]]
    yield (
        f"In a {kind}{amounts}, {describe_conditions(finding)}, biomass {change} "
        f"{_BIOMASS} in {format_number(end)} h."
    )


def _list_used_up(finding: ReportedFinding) -> Iterator[str]:
    times = list(_values(finding, "used_up_at_h").items())[:MAX_LISTED]
    if times:
        parts = [f"{finding.names.write(name)} after {format_number(at)} h" for name, at in times]
        yield f"Used up: {join_words(parts)}."


def _describe_end(finding: ReportedFinding) -> Iterator[str]:
    ended = finding.get("ended_by")
    if ended == "infeasible":
        yield "It ends there: no fluxes keep the cells alive on what is left."
    elif ended == "full":
        yield "It ends there: the vessel is full."
    growth, is_steady = finding.get("growth_at_end_per_h"), finding.get("is_steady")
    if is_steady:
        yield f"This is a steady state, with a growth of {format_rate(growth)}."
    elif is_steady is False:
        yield f"This is no steady state; growth is {format_rate(growth)} at the end."


def _describe_phases(finding: ReportedFinding) -> Iterator[str]:
    phases = finding.values["phases"]
    for number, phase in enumerate(phases["phases"][:MAX_LISTED], start=1):
        ends = " to ".join(
            dict.fromkeys(
                format_number(phase[name]) for name in ("growth_at_start_per_h", "growth_at_end_per_h")
            )
        )
        parts = [
            f"{verb} {join_words(map(finding.names.write, phase[side]))}"
            for verb, side in (("takes up", "taken_up"), ("secretes", "secreted"))
            if phase[side]
        ] or ["exchanges nothing that is followed"]
        yield (
            f"Phase {number} ({format_number(phase['from_h'])} to {format_number(phase['to_h'])} h): growth "
            f"{ends} 1/h, {' and '.join(parts)}."
        )
    if phases["shown"] < phases["count"]:
        yield f"There are {phases['count']} phases; the table of {finding.id} has all."


def _values(finding: ReportedFinding, name: str) -> dict[str, Any]:
    return dict((finding.get(name) or {}).get("values") or {})


def _write_amounts(finding: ReportedFinding, amounts: Mapping[str, float]) -> str:
    parts = [
        f"{format_number(amount)} {_CONCENTRATION} of {finding.names.write(name)}"
        for name, amount in list(amounts.items())[:MAX_LISTED]
    ]
    return join_words(parts)
