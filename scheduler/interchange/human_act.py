"""What a human decided somewhere else, as an act on a request here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.state import RunState
from fluxagents.scheduler.runs.run_client import RunClient


@dataclass(frozen=True, slots=True, kw_only=True)
class HumanAct:
    """An answer to a request; `edit` approves other arguments at once, as those formats mean it."""

    kind: Literal["approve", "edit", "reject", "reply", "none"]
    args: dict[str, JsonValue] | None = None
    """Of `edit`: the arguments that differ."""
    text: str = ""
    """The reason of `reject`, the answer of `reply`."""


def carry_out(client: RunClient, request_id: str, act: HumanAct, *, digest: str = "") -> RunState:
    """Do here what was decided elsewhere; who acts, and may, is whoever the client acts for.

    Args:
        client: Acts for a person.
        request_id: What was decided.
        act: What was decided about it.
        digest: Of what was shown there; with another one nothing is decided.

    Raises:
        FluxError: As the acts themselves; `BAD_ARGUMENT` if nothing was decided.
    """
    match act.kind:
        case "approve":
            return client.approve(request_id, digest=digest)
        case "edit":
            return client.approve(request_id, args=act.args, digest=digest)
        case "reject":
            return client.reject(request_id, reason=act.text, digest=digest)
        case "reply":
            return client.reply(request_id, answer=act.text, digest=digest)
    raise FluxError(ErrorClass.BAD_ARGUMENT, f"request {request_id!r} was left open: nothing was decided")
