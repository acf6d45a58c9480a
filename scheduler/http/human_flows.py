"""The flows behind the Agent-to-Human facade: each only asks a human, and ends with what they say."""

from __future__ import annotations

from collections.abc import Sequence

from fluxagents.flows.language.definition import Flow

MODEL = "textbook"
"""Every run has a model; these look at none, so theirs is one that is always there."""


def build_question(choices: Sequence[str]) -> Flow:
    """Asks `msg`, for a text or for one of the choices."""
    ask = {"kind": "ask", "question": "{msg}", "fact": "response", "choices": list(choices), "next": "done"}
    return Flow.model_validate(
        {
            "flow": "human_contact",
            "version": 1,
            "purpose": "A question of an agent that is not of this installation.",
            "inputs": {"msg": {"type": "string", "required": True}, **_CALL},
            "facts": {"response": {"type": "string"}},
            "start": "contact",
            "nodes": {"contact": ask, "done": {"kind": "end", "message": "{response}"}},
        }
    )


def build_approval() -> Flow:
    """Asks whether a function may be called, which is described by `fn` and `arguments`."""
    approve = {
        "kind": "approve",
        "question": "May {fn} be called with {arguments}?",
        "next": "approved",
        "on_reject": "rejected",
    }
    return Flow.model_validate(
        {
            "flow": "function_call",
            "version": 1,
            "purpose": "A call for which an agent that is not of this installation asks leave.",
            "inputs": {
                "fn": {"type": "string", "required": True},
                "arguments": {"type": "string", "required": True},
                **_CALL,
            },
            "start": "call",
            "nodes": {
                "call": approve,
                "approved": {"kind": "end", "message": "approved"},
                "rejected": {"kind": "end", "message": "rejected"},
            },
        }
    )


_CALL = {
    "call_id": {"type": "string", "required": True},
    "agent_run": {"type": "string", "required": True},
    "spec": {"type": "object", "required": True},
}
"""What the agent sent, to be given back as it was."""
