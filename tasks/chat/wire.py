"""A request in the form of a provider's API: the same texts and schemas in the places that the API wants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ANTHROPIC = "anthropic:"
"""How the names of chat models begin that are asked over the Messages API."""


def to_wire_form(chat_model: str, document: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a request's body that come from the prompt and the tools.

    Each value, as compact JSON, occurs byte for byte in the body that the provider gets.

    Args:
        chat_model: As events record it, such as `anthropic:<model>`.
        document: `fluxagents.tasks.chat.request.ChatRequest.document`.
    """
    return _messages_api(document) if chat_model.startswith(ANTHROPIC) else dict(document)


def to_cached_text(text: str) -> dict[str, Any]:
    """A system text that ends what the Messages API keeps of a request, the tools before it included.

    Both are the same in nearly all decisions of a node, in one run and in the next, and most of a request.
    Other providers keep what begins alike without being told.
    """
    return {"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}


def _messages_api(document: Mapping[str, Any]) -> dict[str, Any]:
    """The form of Anthropic's Messages API: no system role, and schemas under another name."""
    system = [
        to_cached_text(message["content"]) for message in document["messages"] if message["role"] == "system"
    ]
    rest = [message for message in document["messages"] if message["role"] != "system"]
    settings = {name: value for name, value in document.items() if name not in {"messages", "tools"}}
    return {
        **({"system": system} if system else {}),
        "messages": [{"role": message["role"], "content": message["content"]} for message in rest],
        "tools": [_tool(entry["function"]) for entry in document["tools"]],
        **settings,
    }


def _tool(function: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": function["name"],
        "input_schema": function["parameters"],
        "description": function["description"],
    }
