"""A request in the form of a provider's API: the same texts and schemas in the places that the API wants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def to_wire_form(chat_model: str, document: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a request's body that come from the prompt and the tools.

    Each value, as compact JSON, occurs byte for byte in the body that the provider gets.

    Args:
        chat_model: As events record it, such as `anthropic:<model>`.
        document: `fluxagents.tasks.chat.request.ChatRequest.document`.
    """
    return _messages_api(document) if chat_model.startswith("anthropic:") else dict(document)


def _messages_api(document: Mapping[str, Any]) -> dict[str, Any]:
    """The form of Anthropic's Messages API: no system role, and schemas under another name."""
    system = [message["content"] for message in document["messages"] if message["role"] == "system"]
    rest = [message for message in document["messages"] if message["role"] != "system"]
    settings = {name: value for name, value in document.items() if name not in {"messages", "tools"}}
    return {
        **({"system": system[0]} if system else {}),
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
