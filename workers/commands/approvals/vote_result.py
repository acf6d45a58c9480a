"""What came of an answer to a request, as the commands print it."""

from __future__ import annotations

from pydantic import JsonValue

from fluxagents.flows.state import RunState
from fluxagents.workers.commands.display.output import echo, print_json


def print_vote(state: RunState, request_id: str, verdict: str, *, as_json: bool) -> None:
    """Print what was said, and whether the request still waits for others."""
    request = state.waiting_for
    missing = request.missing if request is not None and request.id == request_id else ""
    if as_json:
        document: dict[str, JsonValue] = {
            "request_id": request_id,
            "verdict": verdict,
            "run_id": state.run_id,
            "status": state.status,
        }
        print_json(document | ({"missing": missing} if missing else {}))
    else:
        still = f"; it still needs {missing}" if missing else ""
        echo(f"{request_id}: {verdict}; run {state.run_id} is {state.status}{still}")
