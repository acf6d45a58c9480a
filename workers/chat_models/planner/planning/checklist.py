"""The list of what is asked, as the planner reads the question, and the findings that answer it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from fluxagents.flows.commands import AskedItem
from fluxagents.tasks.chat.asked import ANSWERS, ASKED, COMPARISON, count_parts, find_gaps
from fluxagents.tasks.chat.quantities import read_named, read_parts
from fluxagents.tasks.chat.terms import read_recorded, read_terms
from fluxagents.tasks.fba.media.library.compounds import find_compound
from fluxagents.tasks.registry import TOOLS
from fluxagents.workers.chat_models.planner.calls.interpretation import PlannedCall, interpret_question
from fluxagents.workers.chat_models.planner.planning.advice import apply_advice
from fluxagents.workers.chat_models.planner.planning.call import FunctionCall
from fluxagents.workers.chat_models.planner.situation import Entry, Situation

_UNREAD = "something else"
"""The quantity of a part that is not understood."""

_NOT_READ = "The offline planner does not understand this question."


@dataclass(frozen=True, slots=True)
class _Item:
    """One thing that is asked: the call that answers it, or why there is none."""

    asked: AskedItem
    call: PlannedCall | None = None
    problem: str = ""
    source: str = ""
    """What it feeds, of a call that feeds several things one after the other."""


def add_checklist(call: FunctionCall, situation: Situation) -> FunctionCall:
    """The call with the list, while it is wanted, and at the end with its answers."""
    properties = situation.functions.get(call.name, {}).get("properties", {})
    gives_list = ASKED in properties and situation.listed is None
    if not gives_list and ANSWERS not in properties:
        return call
    items = _list_items(situation)
    fields: dict[str, Any] = {}
    if gives_list:
        fields[ASKED] = [item.asked.model_dump(mode="json", exclude_defaults=True) for item in items]
    if ANSWERS in properties:
        fields[ANSWERS] = [_answer(item, situation, call) for item in items]
        # What was listed and is read in another way by now has come to nothing.
        conclusion = str(call.args.get("answer", ""))[:500]
        known = {item.asked.id for item in items}
        fields[ANSWERS] += [
            {"id": id_, "open": conclusion} for id_ in situation.listed or () if id_ not in known
        ]
    return FunctionCall(call.name, {**fields, **call.args})


def _list_items(situation: Situation) -> list[_Item]:
    """An item for each call that the question asks for, and one for each part that is not understood."""
    interpretation = interpret_question(situation)
    counts: dict[str, int] = {}
    items: list[_Item] = []
    for call in interpretation.asked:
        for condition in _list_conditions(call, situation):
            for quantity in _list_quantities(call):
                counts[call.intent] = counts.get(call.intent, 0) + 1
                asked = AskedItem(
                    id=f"{call.intent}-{counts[call.intent]}"[:40],
                    quantity=quantity,
                    object=_describe_object(call),
                    condition=_write(condition, 300),
                    comparison=_find_comparison(call),
                )
                source = next(iter(condition), "") if call.conditions else ""
                items.append(_Item(asked, None if call.problem else call, call.problem, source))
    named = {item.problem for item in items}
    unread = [problem for problem in interpretation.problems if problem not in named]
    unread = unread or ([] if items else [_NOT_READ])
    if items and not unread:
        items += _repeat_for_parts(situation, items)
    gaps = list(_find_unread(situation, items)) if items else []
    for number, problem in enumerate([*unread, *gaps], start=1):
        text = problem if problem in gaps else situation.question or problem
        said = f"the planner did not use '{problem}' of the question" if problem in gaps else problem
        asked = AskedItem(id=f"unread-{number}", quantity=_UNREAD, object=text[:200])
        items.append(_Item(asked, problem=said))
    return items


def _repeat_for_parts(situation: Situation, items: Sequence[_Item]) -> Iterator[_Item]:
    """An item more for each part of the question whose words one call uses with those of another part."""
    last = items[-1]
    for number in range(len(items), count_parts(situation.question)):
        asked = last.asked.model_copy(
            update={"id": f"{last.asked.id}-{number}"[:40], "object": "what else is asked"}
        )
        yield replace(last, asked=asked)


def _list_conditions(call: PlannedCall, situation: Situation) -> Sequence[Entry]:
    """The conditions under which a call answers: mostly one, with what the question names of the medium."""
    if call.conditions:
        return call.conditions
    changes = call.args.get("medium_changes") or _find_medium(call, situation)
    named = {} if call.after_change else _name_medium(situation)
    return [{**named, **(changes if isinstance(changes, Mapping) else {str(changes): ""})}]


def _describe_object(call: PlannedCall) -> str:
    """What a call is asked of: its arguments but for conditions, or all its words if it cannot be made."""
    if call.problem:
        return call.part[:200]
    left_out = call.args.keys() if call.conditions else {"medium", "medium_changes"}
    return ", ".join(filter(None, (_write(call.args, 160, without=left_out), *call.names[:3])))


def _list_quantities(call: PlannedCall) -> Sequence[str]:
    """What the words of the question ask for, whether the tool gives it or not; else what the tool is for."""
    asked = [name for part in read_parts(call.part) for name in sorted(part)]
    if call.args.get("objective"):
        # The flux of what is maximised instead of growth.
        return [name for name in asked if name not in {"growth", "model contents"}] or ["flux"]
    return asked or TOOLS.entries[call.tool].answers[:1]


def _find_comparison(call: PlannedCall) -> str:
    """With what a part of the question compares, which the result of its call holds."""
    if call.args.get("objective") and "growth" in read_named(call.part):
        return "that at best growth"
    if not COMPARISON.search(call.part):
        return ""
    lacks_some = any(call.args.get(name) for name in ("genes", "sets", "knock_outs", "without"))
    return "the wild type" if lacks_some else "the others"


def _find_unread(situation: Situation, items: Sequence[_Item]) -> Iterator[str]:
    names = (str(finding.get("found", {}).get("model", "")) for finding in situation.findings)
    yield from find_gaps(situation.question, [item.asked for item in items], read_terms(" ; ".join(names)))


def _name_medium(situation: Situation) -> dict[str, float | str]:
    """What the question names of the medium of the run, which no call changes; with bounds that it names."""
    asked = read_terms(situation.question)
    return {
        name: uptake if uptake in asked.numbers else ""
        for name, uptake in situation.medium.items()
        if read_recorded(name).compounds & asked.compounds
    }


def _find_medium(call: PlannedCall, situation: Situation) -> Any:
    """The medium that a call names; that of the run is no condition of its own."""
    medium = call.args.get("medium") or {}
    return {} if medium == situation.inputs.get("medium") else medium


def _write(values: Entry, most: int, without: Collection[str] = ()) -> str:
    """The values with their names, as many as fit: half a name or number would name another thing."""
    written = ""
    for name, value in values.items():
        text = f"{name} {_write_value(value)}".strip() if value != {} else ""
        more = f"{written}, {text}" if written else text
        if text and name not in without and len(more) <= most:
            written = more
    return written


def _write_value(value: Any) -> str:
    """A value as people write it: no brackets, no `.0`."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_write_value(entry)}" for name, entry in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_write_value, value))
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _find_lacking(finding: Entry, source: str) -> str:
    """The name of a source that the model does not exchange, as a screen found; empty if it does."""
    compound = find_compound(source)
    lacking = (finding["found"].get("not_exchanged") or {}).get("ids", ())
    return next((name for name in lacking if name in {source, *(compound.names if compound else ())}), "")


def _answer(item: _Item, situation: Situation, end: FunctionCall) -> dict[str, str]:
    """The newest finding that answers an item, or why it is open."""
    if item.call is None:
        return {"id": item.asked.id, "open": item.problem[:500]}
    call = apply_advice(item.call, situation)
    properties = situation.functions.get(call.tool, {}).get("properties", {})
    defaults = {name: entry.get("default") for name, entry in properties.items()}
    for finding in chain(reversed(situation.findings), reversed(situation.left_out)):
        if not call.is_answered_by(finding, defaults):
            continue
        lacking = _find_lacking(finding, item.source) if item.source else ""
        if lacking:
            return {"id": item.asked.id, "open": f"The model has no exchange reaction for '{lacking}'."}
        return {"id": item.asked.id, "finding": str(finding["id"])}
    errors = [error for error in situation.errors if error["at"] == call.tool]
    failed = f"{call.tool} failed: {errors[-1]['message']}" if errors else str(end.args.get("answer", ""))
    return {"id": item.asked.id, "open": (failed or f"{call.tool} would answer it")[:500]}
