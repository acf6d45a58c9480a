"""The list of what a question asks: demanded from a chat model once, and ticked off when it finishes.

The list and the ticks are fields of its calls. Neither is trusted: the list must hold what the question
names, each item must name a known quantity (`fluxagents.tasks.chat.quantities`), and a tick holds only where
the finding does (`fluxagents.tasks.chat.evidence`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from langchain_core.messages import AIMessage
from pydantic import BaseModel, ValidationError

from fluxagents.flows.commands import AskedItem, AskHuman, CallTool, Consult, Decide, Decision, ItemAnswer
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.state import RunState
from fluxagents.prompts.context.checklist import QUESTION, checklist_stage
from fluxagents.tasks.chat.evidence import find_fault
from fluxagents.tasks.chat.quantities import load_quantities, read_asked, read_named
from fluxagents.tasks.chat.terms import Terms, read_terms

ASKED, ANSWERS = "asked", "answers"
"""The fields of a call."""

UNLISTED = "unlisted-"
"""Ids of the items that the system adds for what a list leaves out begin so."""

MAX_ITEMS = 32

_AS_ABOVE: Mapping[str, Any] = {}
"""The list in all functions but the first, which tells its shape: a token counts once per tool."""

_NO_LIST = "the list of what is asked"
_NO_ANSWERS = "the answers of what is asked"
"""How the errors begin by which a chat model is asked again; each is raised once."""

_NOT_NAMED = "no finding was named for it"

COMPARISON = re.compile(r"\b(?:compar\w*|versus|vs\.?|than|differ\w*|ratio)\b", re.IGNORECASE)
_CONTRAST = re.compile(
    r"\b(?:which|what|welche\w*|quel\w*|qué|cuáles)\b.*\b(?:but|yet|aber|mais|pero)\s+(?:not|nicht|pas|no)\b",
    re.IGNORECASE,
)
"""Asks for what holds under one condition and not under another, which takes two items."""

_PART = re.compile(
    r"(?:^|[.;:?!,]\s*|\b(?:and|then|und|et|y)\s+)(?:and\s+|then\s+|also\s+)*"
    r"(?!what if\b)(?:which|what|how|does|do|is|are|can|could|will|why|where|compare)\b",
    re.IGNORECASE,
)
_OTHER_PART = "another part of the question"
_COMPARED = "a comparison"

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Checklist:
    """What a decision says of the things that are asked, as far as it holds."""

    asked: tuple[AskedItem, ...] | None = None
    answers: tuple[ItemAnswer, ...] = ()


def add_checklist(
    functions: Sequence[Mapping[str, Any]], state: RunState, command: Decide
) -> list[dict[str, Any]]:
    """The functions of a request with the fields that a call may need beside its own.

    They are the same in all decisions of a node, so that a provider reads them from its cache: the list is
    required of no call by its schema, but by the prompt while it is wanted.
    """
    if not checklist_stage(state, command):
        return [dict(function) for function in functions]
    extended: list[dict[str, Any]] = []
    for index, entry in enumerate(functions):
        name = entry["function"]["name"]
        fields: dict[str, Any] = {}
        if name not in {"ask_human", "consult"}:
            fields[ASKED] = dict(_AS_ABOVE if index else _describe_list())
        if name == "finish":
            fields[ANSWERS] = _describe_answers()
        extended.append(_add_fields(entry, fields))
    return extended


def _describe_list() -> Mapping[str, Any]:
    """The schema of the list."""
    names = ", ".join(load_quantities())
    return {
        "type": "array",
        "description": "All that is asked, an item per quantity and condition, with its numbers and names.",
        "items": {
            "type": "object",
            "properties": {
                "id": _describe_text(AskedItem, "id"),
                "quantity": _describe_text(AskedItem, "quantity", f"With one of: {names}."),
                "object": _describe_text(AskedItem, "object", "Of what."),
                "condition": _describe_text(AskedItem, "condition", "If not as the run has it."),
                "comparison": _describe_text(AskedItem, "comparison", "With what."),
            },
            "required": ["id", "quantity"],
        },
        "maxItems": MAX_ITEMS,
    }


def _describe_answers() -> dict[str, Any]:
    """The schema of what answers the items of the list."""
    return {
        "type": "array",
        "description": "For each item of the list the finding that answers it, or why it is open.",
        "items": {
            "type": "object",
            "properties": {
                "id": _describe_text(ItemAnswer, "id"),
                "finding": _describe_text(ItemAnswer, "finding", "Such as f3; not if it is open."),
                "open": _describe_text(ItemAnswer, "open", "Why it is open, and what would answer it."),
            },
            "required": ["id"],
        },
        "maxItems": MAX_ITEMS,
    }


def _describe_text(kind: type[BaseModel], name: str, description: str = "") -> dict[str, Any]:
    """The schema of a text, with its limit: whatever decodes by it ends there."""
    limit = kind.model_json_schema()["properties"][name]["maxLength"]
    described = {"description": description} if description else {}
    return {"type": "string", "maxLength": limit, **described}


def _add_fields(entry: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    if not fields:
        return dict(entry)
    function = entry["function"]
    parameters = function["parameters"]
    extended = {**parameters, "properties": {**fields, **parameters.get("properties", {})}}
    if ANSWERS in fields:
        extended["required"] = [ANSWERS, *parameters.get("required", ())]
    return {**entry, "function": {**function, "parameters": extended}}


def split_checklist(message: AIMessage) -> tuple[AIMessage, Mapping[str, Any]]:
    """An answer without the fields of the checklist, and these fields as they were given."""
    if len(message.tool_calls) != 1:
        return message, {}
    (call,) = message.tool_calls
    fields = {name: call["args"][name] for name in (ASKED, ANSWERS) if name in call["args"]}
    rest = {name: value for name, value in call["args"].items() if name not in fields}
    return message.model_copy(update={"tool_calls": [{**call, "args": rest}]}), fields


def read_checklist(
    fields: Mapping[str, Any],
    decision: Decision,
    state: RunState,
    command: Decide,
    quantities: Mapping[str, Collection[str]],
) -> Checklist:
    """The list and the checked answers of a decision.

    Args:
        fields: Of the call, as they were given.
        decision: The call without them.
        state: Of the run.
        command: The decision that was asked for.
        quantities: By tool, those that its results hold.

    Raises:
        FluxError: `INVALID_ANSWER` for a list that is missing or leaves out what the question names, and for
            an end without answers; each once in a run. After that what is missing is open.
    """
    stage = checklist_stage(state, command)
    if isinstance(decision, AskHuman | Consult) or not stage:
        return Checklist()
    asked = _read_list(fields.get(ASKED), state) if stage == "wanted" else None
    items = asked if asked is not None else state.asked or ()
    if isinstance(decision, CallTool) or not items:
        return Checklist(asked)
    return Checklist(asked, _check_answers(items, fields.get(ANSWERS), state, quantities))


def _read_list(given: object, state: RunState) -> tuple[AskedItem, ...]:
    items = {item.id: item for item in _read_entries(AskedItem, given)}
    listed = tuple(items.values())[:MAX_ITEMS]
    gaps = tuple(find_gaps(str(state.inputs[QUESTION]), listed, _read_model(state)))
    unread = [item.quantity for item in listed if not read_named(item.text)]
    if not listed or gaps or unread:
        faults = [f"leaves out: {', '.join(gaps)}"] if gaps else []
        faults += [f"names no known quantity in: {', '.join(unread)}"] if unread else []
        _ask_again(
            state,
            _NO_LIST,
            "; it ".join(faults) if listed else "is missing",
            f"give '{ASKED}' with an item for each thing that the question asks",
        )
    if not listed:
        return ()
    unlisted = (
        AskedItem(id=f"{UNLISTED}{number}", quantity=gap[:200]) for number, gap in enumerate(gaps, start=1)
    )
    return (*listed, *unlisted)


def find_gaps(question: str, items: Sequence[AskedItem], model: Terms) -> Iterator[str]:
    """What a question names and no item of a list has: quantities, numbers, ids, compounds, parts.

    Args:
        question: As it was asked.
        items: Of the list.
        model: The names of the model, which no item needs.
    """
    covered = model
    for item in items:
        covered |= read_terms(item.text)
    yield from read_terms(question).list_missing(covered)
    named = frozenset(name for item in items for name in read_named(item.text))
    asked = read_asked(question)
    yield from (name for name in load_quantities() if name in asked - named)
    if len(items) < max(count_parts(question), 2 if _CONTRAST.search(question) else 1):
        yield _OTHER_PART
    elif COMPARISON.search(question) and not any(map(_compares, items)) and not items[1:]:
        yield _COMPARED


def count_parts(question: str) -> int:
    """How many things a question asks, by how its sentences and clauses begin."""
    return len(_PART.findall(question))


def _compares(item: AskedItem) -> bool:
    """Whether an item says what it compares, or names several things."""
    terms = read_terms(item.text)
    return bool(item.comparison or COMPARISON.search(item.text)) or len(terms.ids | terms.compounds) > 1


def _read_model(state: RunState) -> Terms:
    """How the run calls its model: a question may name it."""
    named = (str(finding.key_findings.get("model", "")) for finding in state.findings)
    return read_terms(" ; ".join([state.model_name, *named]))


def _check_answers(
    items: Sequence[AskedItem],
    given: object,
    state: RunState,
    quantities: Mapping[str, Collection[str]],
) -> tuple[ItemAnswer, ...]:
    named = {answer.id: answer for answer in _read_entries(ItemAnswer, given)}
    if not named:
        _ask_again(state, _NO_ANSWERS, "are missing", f"give '{ANSWERS}' with an entry for each item")
    return tuple(_check_answer(item, named.get(item.id), state, quantities) for item in items)


def _check_answer(
    item: AskedItem,
    named: ItemAnswer | None,
    state: RunState,
    quantities: Mapping[str, Collection[str]],
) -> ItemAnswer:
    if named is None or not named.finding:
        return ItemAnswer(id=item.id, open=(named and named.open) or _NOT_NAMED)
    is_unlisted = item.id.startswith(UNLISTED)
    # What the system lists for a gap may be a number or a name alone.
    names_quantity = bool(read_named(item.text)) or not is_unlisted
    fault = find_fault(item, named.finding, state, quantities if names_quantity else {})
    if not fault and is_unlisted and read_terms(item.text) == Terms() and not names_quantity:
        fault = "the list of what is asked left it out"
    return (
        ItemAnswer(id=item.id, open=fault[:500]) if fault else ItemAnswer(id=item.id, finding=named.finding)
    )


def _read_entries(kind: type[M], given: object) -> Iterator[M]:
    """The entries of a field that can be read."""
    for entry in given if isinstance(given, list) else ():
        try:
            yield kind.model_validate(entry)
        except ValidationError:
            continue


def _ask_again(state: RunState, what: str, fault: str, hint: str) -> None:
    """Refuse an answer, unless the run has refused one for this before."""
    if any(error.message.startswith(what) for error in state.errors):
        return
    raise FluxError(ErrorClass.INVALID_ANSWER, f"{what} {fault}", suggestions=(hint,))
