"""What a chat model may answer: exactly one of the functions that its node offers, with valid arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from langchain_core.messages import AIMessage
from pydantic import JsonValue, ValidationError
from pydantic_core import PydanticSerializationError

from fluxagents.flows.commands import (
    HYPOTHESIS_CHARACTERS,
    AskHuman,
    CallTool,
    Consult,
    Decide,
    Decision,
    Finish,
)
from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.tasks.chat.function_schema import compact_functions
from fluxagents.tasks.registry import entries_of, require_tool
from fluxagents.tasks.tool import Tool

_FINISH: dict[str, JsonValue] = {
    "name": "finish",
    "description": "Stop here with an answer.",
    "parameters": {
        "type": "object",
        "properties": {"answer": {"type": "string", "maxLength": 8000}},
        "required": ["answer"],
        "additionalProperties": False,
    },
}
_ASK_HUMAN: dict[str, JsonValue] = {
    "name": "ask_human",
    "description": "Ask a human one question and wait for the answer.",
    "parameters": {
        "type": "object",
        "properties": {"question": {"type": "string", "minLength": 1, "maxLength": 2000}},
        "required": ["question"],
        "additionalProperties": False,
    },
}
_CONSULT: dict[str, JsonValue] = {
    "name": "consult",
    "description": "Ask several experts one question that no tool answers, and wait for their opinions.",
    "parameters": {
        "type": "object",
        "properties": {
            "question": {"type": "string", "minLength": 1, "maxLength": 2000},
            "choices": {
                "type": "array",
                "items": {"type": "string", "minLength": 1, "maxLength": 100},
                "maxItems": 12,
                "description": "Answers to choose from; leave it out for free text.",
            },
        },
        "required": ["question"],
        "additionalProperties": False,
    },
}
HYPOTHESIS = "hypothesis"
"""The argument with which a call states what it tests, where a node asks for it."""

_HYPOTHESIS: dict[str, JsonValue] = {
    "type": "string",
    "minLength": 1,
    "maxLength": HYPOTHESIS_CHARACTERS,
    "description": "What you suppose, and which result of this call would refute it.",
}
_DECISIONS = ("finish", "ask_human")
_CONSULTING = "consult"

D = TypeVar("D", Finish, AskHuman, Consult)

_MAX_QUOTED = 200
"""Characters of a wrong answer that its error quotes."""


def describe_functions(
    tools: Mapping[str, Tool], names: tuple[str, ...], *, hypotheses: bool = False, experts: bool = False
) -> list[dict[str, Any]]:
    """The functions of a node in the form of OpenAI's API: its tools and those that are none.

    Their schemas are compact; an answer is checked against the full ones.

    Args:
        tools: All tools, by name.
        names: Those that the node offers.
        hypotheses: Whether each call must state what it tests.
        experts: Whether experts may be consulted.

    Raises:
        FluxError: `UNKNOWN_ID` for a name that is no tool.
    """
    for name in names:
        require_tool(name, tools)
    entries = entries_of(tools)
    described = (entries[name].schema for name in names)
    with_hypotheses = map(_add_hypothesis, described) if hypotheses else described
    own = (_FINISH, _ASK_HUMAN, _CONSULT) if experts else (_FINISH, _ASK_HUMAN)
    functions = compact_functions([*with_hypotheses, *own])
    return [{"type": "function", "function": function} for function in functions]


def _add_hypothesis(function: Mapping[str, Any]) -> dict[str, Any]:
    parameters = function["parameters"]
    extended = {
        **parameters,
        "properties": {HYPOTHESIS: _HYPOTHESIS, **parameters["properties"]},
        "required": [HYPOTHESIS, *parameters.get("required", ())],
    }
    return {**function, "parameters": extended}


def read_decision(message: AIMessage, command: Decide, tools: Mapping[str, Tool]) -> Decision:
    """The decision in a chat model's answer, its arguments checked and normalised.

    Raises:
        FluxError: `INVALID_ANSWER` for anything else than one valid call, `PERMISSION` for a tool that exists
            but is not offered, `PROVIDER_REFUSAL` if the chat model declined.
    """
    _refuse_refusals(message)
    if message.invalid_tool_calls:
        broken = message.invalid_tool_calls[0]
        raise _invalid(f"the arguments of '{broken['name']}' are no JSON: {broken['args']!r:.{_MAX_QUOTED}}")
    if len(message.tool_calls) > 1:
        names = ", ".join(call["name"] for call in message.tool_calls)
        raise _invalid(
            f"{len(message.tool_calls)} calls at once ({names})",
            "answer with exactly one of them; the next follows",
        )
    if not message.tool_calls:
        return _finish_with_text(message, command)
    call = message.tool_calls[0]
    if call["name"] in _list_own(command):
        return _require_recordable(_parse_own_decision(call["name"], call["args"]))
    return _require_recordable(_call_tool(call["name"], call["args"], command, tools))


def _require_recordable(decision: Decision) -> Decision:
    """The decision, if it can be written to the log: JSON may carry half a character."""
    try:
        decision.model_dump_json()
    except PydanticSerializationError as error:
        raise _invalid(f"text that is no Unicode: {error}") from error
    return decision


def _refuse_refusals(message: AIMessage) -> None:
    metadata = message.response_metadata
    reason = metadata.get("finish_reason") or metadata.get("stop_reason")
    refusal = message.additional_kwargs.get("refusal")
    if refusal or reason in {"content_filter", "refusal"}:
        why = refusal or message.text.strip() or "the answer was filtered"
        raise FluxError(ErrorClass.PROVIDER_REFUSAL, f"the chat model declined: {why!s:.{_MAX_QUOTED}}")
    if reason in {"length", "max_tokens", "model_context_window_exceeded"}:
        raise _invalid("the answer was cut off at the token limit", "answer shorter")


def _finish_with_text(message: AIMessage, command: Decide) -> Finish:
    text = message.text.strip()
    if command.tools or not text:
        answer = f"text without a call: {text!r:.{_MAX_QUOTED}}" if text else "nothing"
        raise _invalid(answer, f"call one of: {', '.join([*command.tools, *_list_own(command)])}")
    return _finish({"answer": text})


def _list_own(command: Decide) -> tuple[str, ...]:
    """The functions that are no tools."""
    return (*_DECISIONS, _CONSULTING) if command.experts else _DECISIONS


def _parse_own_decision(name: str, args: Mapping[str, Any]) -> Finish | AskHuman | Consult:
    if name == "finish":
        return _finish(args)
    return _validate(Consult, name, args) if name == _CONSULTING else _validate(AskHuman, name, args)


def _finish(args: Mapping[str, Any]) -> Finish:
    decision = _validate(Finish, "finish", args)
    if not decision.answer.strip():
        raise _invalid("'finish' with an empty answer", "say what was found, or why nothing was")
    return decision


def _validate(kind: type[D], name: str, args: Mapping[str, Any]) -> D:
    try:
        return kind.model_validate({**args, "kind": name})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(key) for key in first["loc"]) or "arguments"
        raise _invalid(f"'{name}' with {where}: {first['msg']}") from error


def _call_tool(name: str, args: Mapping[str, Any], command: Decide, tools: Mapping[str, Tool]) -> CallTool:
    if name not in command.tools:
        names = [*command.tools, *_list_own(command)]
        suggestions = (*nearest(name, names), f"offered here: {', '.join(names)}")
        if name in tools:
            message = f"tool '{name}' is not offered at node '{command.node}'"
            raise FluxError(ErrorClass.PERMISSION, message, suggestions=suggestions)
        raise _invalid(f"'{name}', which is no tool", *suggestions)
    tool = tools[name]
    hypothesis = _hypothesis(name, args) if command.hypotheses else ""
    own = {key: value for key, value in args.items() if not (command.hypotheses and key == HYPOTHESIS)}
    try:
        valid = tool.parse(own)
    except FluxError as error:
        raise _invalid(error.message, *error.suggestions) from error
    return CallTool(tool=name, args=valid.model_dump(mode="json", exclude_unset=True), hypothesis=hypothesis)


def _hypothesis(name: str, args: Mapping[str, Any]) -> str:
    hypothesis = args.get(HYPOTHESIS)
    if not isinstance(hypothesis, str) or not hypothesis.strip():
        raise _invalid(f"'{name}' without a hypothesis", "say what you suppose and what would refute it")
    if len(hypothesis) > HYPOTHESIS_CHARACTERS:
        raise _invalid(
            f"a hypothesis of {len(hypothesis)} characters", f"say it in at most {HYPOTHESIS_CHARACTERS}"
        )
    return hypothesis.strip()


def _invalid(what: str, *suggestions: str) -> FluxError:
    return FluxError(
        ErrorClass.INVALID_ANSWER, f"the chat model answered with {what}", suggestions=suggestions
    )
