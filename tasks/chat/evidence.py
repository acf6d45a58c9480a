"""Whether a finding answers an item: it holds a value, of the quantity asked for, under its condition."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from itertools import takewhile

from pydantic import JsonValue

from fluxagents.flows.commands import AskedItem
from fluxagents.flows.state import Finding, RunState
from fluxagents.tasks.chat.quantities import list_missing, read_asked
from fluxagents.tasks.chat.terms import Terms, is_anaerobic, read_recorded, read_terms

_ABOUT = frozenset({"model", "objective", "medium", "method", "status", "model_warnings", "growth_problem"})
"""Key findings that say what was computed, and are no value."""

_NO_VALUE = frozenset({"infeasible", "unbounded", "zero_growth"})
"""Statuses that are an answer by themselves."""

GROWTH, EXCHANGES = "growth", "exchange fluxes"
"""The quantities, as `quantities.toml` names them."""

_LACKING = "not_exchanged"
"""Key finding with the compounds that were named and that the model does not exchange."""

_EXCHANGES = ("uptakes_mmol_per_gdw_h", "secretions_mmol_per_gdw_h")

_CONDITION_KEY = re.compile(r"medi|uptake|condition|limit", re.IGNORECASE)
_CLOSED = re.compile(
    r"without|absen|\bno\b|\bnot\b|clos|remov|instead|replac|lack|depriv|\b0\b|anaerob|free", re.IGNORECASE
)
_ANAEROBIC = re.compile(r"anaerob", re.IGNORECASE)

_HAS_ID = re.compile(r"has the id '(?P<id>[^']+)'")
"""Of a hint such as "reaction 'R00771' has the id 'PGI'"."""

_OXYGEN = "o2"


def find_fault(
    item: AskedItem, finding_id: str, state: RunState, quantities: Mapping[str, Collection[str]]
) -> str:
    """Why a finding does not answer an item; empty if it does.

    Args:
        item: Of the list of what is asked.
        finding_id: Of the finding that a chat model names for it.
        state: Of the run.
        quantities: By tool, those that its results hold.
    """
    finding = next((finding for finding in state.findings if finding.id == finding_id), None)
    if finding is None:
        return f"{finding_id} is no finding of this run"
    if not _holds_value(finding):
        return f"{finding_id} ({finding.tool}) holds no value"
    if GROWTH in read_asked(item.quantity) and _lacks_growth(finding):
        return f"{finding_id} ({finding.tool}) says nothing of growth: {finding.key_findings.get('status')}"
    given = quantities.get(finding.tool, ())
    if given and (fault := _find_other_quantity(item, given)):
        return f"{finding_id} ({finding.tool}) {fault}"
    missing = ", ".join(dict.fromkeys(_list_missing(item, finding, state)))
    return f"{finding_id} ({finding.tool}) was not computed with {missing}" if missing else ""


def _find_other_quantity(item: AskedItem, given: Collection[str]) -> str:
    """What a tool that gives some quantities cannot say of an item; empty if it can."""
    asked = read_asked(f"{item.quantity} {item.object} {item.comparison}")
    if not asked:
        return f"gives {', '.join(given)}, and '{item.quantity}' names no quantity that is known"
    missing = list_missing(asked, given)
    return f"gives {', '.join(given)}, not {', '.join(missing)}" if missing else ""


def _holds_value(finding: Finding) -> bool:
    if "error" in finding.key_findings:
        return False
    if finding.key_findings.get("status") in _NO_VALUE:
        return True
    values = [value for key, value in finding.key_findings.items() if key not in _ABOUT]
    return any(value not in (None, "", [], {}) for value in values)


def _lacks_growth(finding: Finding) -> bool:
    """Whether growth was to be computed and could not be said, as of a model without an objective."""
    key, found = "growth_per_h", finding.key_findings
    return key in found and found[key] is None and found.get("status") not in _NO_VALUE


def _list_missing(item: AskedItem, finding: Finding, state: RunState) -> Iterator[str]:
    """What the item names and neither the call nor its result nor the medium has."""
    medium = _find_medium(finding, state)
    args = read_recorded(finding.args)
    content = args | read_recorded(finding.key_findings) | read_recorded(medium)
    content |= _read_changes(finding, state) | read_terms(state.model_name)
    content |= _read_resolved(finding, state)
    condition = read_terms(item.condition)
    if EXCHANGES in read_asked(item.quantity) and _lists_all_exchanges(finding):
        # What is in neither list has no flux.
        content |= read_terms(item.object)
    yield from _list_lacking(item, finding)
    yield from (read_terms(item.text)).list_missing(content)
    if medium:
        yield from replace(condition, numbers=frozenset(), ids=frozenset()).list_missing(
            _read_conditions(item, finding, medium) | _read_changes(finding, state)
        )
    if is_anaerobic(item.condition) and not _is_without_oxygen(finding, medium):
        yield "no oxygen"


def _list_lacking(item: AskedItem, finding: Finding) -> Iterator[str]:
    """What the item names and the result says that the model lacks: it was asked for and not computed."""
    lacking = read_recorded(finding.key_findings.get(_LACKING) or {}).compounds
    yield from Terms(compounds=read_terms(item.text).compounds & lacking).list_missing(Terms())


def _lists_all_exchanges(finding: Finding) -> bool:
    """Whether a finding shows each uptake and each secretion."""
    tables = (finding.key_findings.get(key) for key in _EXCHANGES)
    return all(isinstance(table, Mapping) and table.get("count") == table.get("shown") for table in tables)


def _find_medium(finding: Finding, state: RunState) -> dict[str, JsonValue]:
    """The open uptakes of a finding, as far as the run knows them; empty if it does not."""
    medium: dict[str, JsonValue] = {}
    given = finding.args.get("medium") or state.inputs.get("medium")
    if isinstance(given, Mapping):
        medium = dict(given)
    else:
        shown = [other for other in state.findings if other.model == finding.model]
        for other in shown:
            if not other.args.get("medium_changes") and not other.args.get("medium"):
                medium |= _read_table(other, "medium_mmol_per_gdw_h")
    if not medium:
        return {}
    changes = finding.args.get("medium_changes")
    return {**medium, **(changes if isinstance(changes, Mapping) else {})}


def _read_table(finding: Finding, key: str) -> dict[str, JsonValue]:
    table = finding.key_findings.get(key)
    values = table.get("values") if isinstance(table, Mapping) else None
    return dict(values) if isinstance(values, Mapping) else {}


def _read_conditions(item: AskedItem, finding: Finding, medium: Mapping[str, JsonValue]) -> Terms:
    """The compounds that a finding was computed with; one that is closed counts where its lack is asked."""
    opened = {name: value for name, value in medium.items() if value or _CLOSED.search(item.text)}
    other_args = {name: value for name, value in finding.args.items() if name != "medium_changes"}
    said = {key: value for key, value in finding.key_findings.items() if _CONDITION_KEY.search(key)}
    return read_recorded(opened) | read_recorded(other_args) | read_recorded(said)


def _read_changes(finding: Finding, state: RunState) -> Terms:
    """What changed the model before the finding."""
    terms = Terms()
    for other in takewhile(lambda other: other.id != finding.id, state.findings):
        if other.model != finding.model:
            terms |= read_recorded(other.args) | read_recorded(other.key_findings)
    return terms


def _read_resolved(finding: Finding, state: RunState) -> Terms:
    """The names of what a finding was computed for, where an error told their ids."""
    hints = (hint for error in state.errors for hint in error.suggestions)
    resolved = (match for hint in hints if (match := _HAS_ID.search(hint)))
    args = str(dict(finding.args))
    return read_recorded([match.string for match in resolved if repr(match["id"]) in args])


def _is_without_oxygen(finding: Finding, medium: Mapping[str, JsonValue]) -> bool:
    said = f"{finding.args} {finding.key_findings}"
    if _ANAEROBIC.search(said) or not medium:
        return True
    opened = {name: value for name, value in medium.items() if value}
    return _OXYGEN not in read_recorded(opened).compounds
