"""The conditions that a run's answer is about: growth and the key numbers under each of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from fluxagents.flows.state import Finding, RunState

GROWTH = "growth_per_h"

DESCRIPTIONS = frozenset({"analyze_metabolic_model", "run_metabolic_fba"})
"""Tools whose numbers other than growth say nothing where another tool has answered."""

MAX_UPTAKES_SHOWN = 4
"""A medium with more is counted, not listed."""

_CITATION = re.compile(r"\bf\d+\b")


@dataclass(frozen=True, slots=True)
class AskedCondition:
    """One condition that an answer is about."""

    label: str
    """What differs from the conditions of the run: `EX_o2_e=0`; empty if nothing does."""
    growth_per_h: float | None
    numbers: Mapping[str, float]
    """Key findings under it by name; names end with their unit, or with `_count`."""


def list_asked_conditions(state: RunState) -> list[AskedCondition]:
    """The conditions of the findings that answer what was asked, in the order of the findings; at least one.

    The conditions of the run itself are one of them only if there is no other. A finding that the answer
    cites for comparison, such as growth on what was missing, is none of what was asked.
    """
    findings = _list_answering(state)
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(describe_condition(finding.args, state.inputs), []).append(finding)
    if len(groups) > 1:
        groups.pop("", None)
    if not groups:
        return [AskedCondition("", read_number(state.facts.get(GROWTH)), {})]
    return [_summarise(label, group, state) for label, group in groups.items()]


def _list_answering(state: RunState) -> list[Finding]:
    """The findings that were ticked off; of a run that keeps no list those that the answer cites, or all."""
    if state.item_answers:
        ticked = {answer.finding for answer in state.item_answers}
        return [finding for finding in state.findings if finding.id in ticked]
    cited = set(_CITATION.findall(state.answer or ""))
    return [finding for finding in state.findings if finding.id in cited] or list(state.findings)


def describe_condition(args: Mapping[str, JsonValue], inputs: Mapping[str, JsonValue]) -> str:
    """In which conditions a call differs from those of its run; empty if in none."""
    parts: list[str] = []
    medium, changes, knock_outs = args.get("medium"), args.get("medium_changes"), args.get("knock_outs")
    if isinstance(medium, dict) and medium != inputs.get("medium"):
        parts.append(describe_medium(medium))
    if isinstance(changes, dict) and changes:
        parts.append(describe_uptakes(changes))
    if isinstance(knock_outs, list) and knock_outs:
        parts.append(f"without {', '.join(map(str, knock_outs))}")
    if args.get("substrate"):
        parts.append(f"{args['substrate']}={args.get('substrate_uptake_mmol_per_gdw_h', 10)} alone")
    if args.get("objective"):
        parts.append(f"objective {args['objective']}")
    return "; ".join(parts)


def describe_medium(medium: Mapping[str, JsonValue]) -> str:
    """A whole medium: its uptakes if they are few, else their count."""
    if len(medium) <= MAX_UPTAKES_SHOWN:
        return f"medium {describe_uptakes(medium)}"
    return f"medium of {len(medium)} uptakes"


def describe_uptakes(uptakes: Mapping[str, JsonValue]) -> str:
    """Uptakes in mmol/gDW/h as a user would write them: `EX_glc__D_e=10,EX_o2_e=0`."""
    return ",".join(f"{exchange}={_format(uptake)}" for exchange, uptake in uptakes.items())


def read_number(value: JsonValue) -> float | None:
    """A number as it is; None for anything else, truth values among them."""
    return None if isinstance(value, bool) or not isinstance(value, int | float) else value


def _summarise(label: str, findings: list[Finding], state: RunState) -> AskedCondition:
    grown = sorted(
        (finding for finding in findings if read_number(finding.key_findings.get(GROWTH)) is not None),
        key=lambda finding: finding.tool != "run_metabolic_fba",
    )
    growth = read_number(grown[0].key_findings.get(GROWTH)) if grown else None
    if not label and GROWTH in state.facts:
        growth = read_number(state.facts[GROWTH])
    telling = [finding for finding in findings if finding.tool not in DESCRIPTIONS] or findings
    return AskedCondition(label, growth, _collect_numbers(telling))


def _collect_numbers(findings: Iterable[Finding]) -> dict[str, float]:
    """The numbers of key findings; where two findings differ, the later one's name has its id."""
    numbers: dict[str, float] = {}
    for finding in findings:
        for key, value in finding.key_findings.items():
            name, number = key, read_number(value)
            if isinstance(value, dict) and "count" in value:
                name, number = f"{key}_count", read_number(value["count"])
            if number is None or key == GROWTH:
                continue
            known = numbers.setdefault(name, number)
            if known != number:
                numbers[f"{name}_{finding.id}"] = number
    return numbers


def _format(uptake: JsonValue) -> str:
    return f"{uptake:g}" if isinstance(uptake, int | float) else json.dumps(uptake)
