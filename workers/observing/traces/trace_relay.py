"""Sends the steps of traced runs on, in order, from where the last one stopped."""

from __future__ import annotations

import structlog

from fluxagents.workers.observing.traces.traced_step import SpanSender, TracedSteps

PAGE = 500
"""Steps that are sent in one request."""

MAX_PAGES = 50
"""That one relay sends; the next one goes on."""

TURN_S = 30.0
"""After which the turn of a relay whose worker died is over."""

log = structlog.get_logger("traces")


class TraceRelay:
    """Steps are sent at least once, always as the same spans.

    Args:
        steps: The steps.
        send: Sends them.
    """

    def __init__(self, steps: TracedSteps, send: SpanSender) -> None:
        self._steps = steps
        self._send = send

    def relay(self) -> int:
        """Send what was recorded since the last time; what is not taken is sent again by the next one.

        Returns:
            How many steps were sent.
        """
        sent = 0
        with self._steps.take_turn(within_s=TURN_S) as is_mine:
            for _ in range(MAX_PAGES if is_mine else 0):
                page = self._steps.read(limit=PAGE)
                if page.has_gap:
                    log.warning("steps were dropped before their spans could be sent")
                if not self._send(page.steps):
                    log.warning("spans were not taken; they are sent again", steps=len(page.steps))
                    break
                sent += len(page.steps)
                if page.after == page.before:
                    break
                self._steps.advance(page)
        return sent
