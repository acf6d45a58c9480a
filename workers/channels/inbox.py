"""Telling humans that a run waits for them."""

from __future__ import annotations

import structlog

from fluxagents.flows.humans.human_request import HumanRequest

log = structlog.get_logger("human")


class InboxNotifier:
    """The approval queue itself is the channel: `fluxagents approvals list` reads it. The log says so."""

    def notify(self, run_id: str, request: HumanRequest, *, key: str, text: str) -> tuple[str, ...]:
        log.info("waits for a human", run=run_id, request=key, kind=request.kind, text=text)
        return ("inbox",)
