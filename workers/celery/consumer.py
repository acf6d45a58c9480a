"""The consumer of a worker, which sends the events of its tasks in batches."""

from __future__ import annotations

from celery.worker.consumer import Consumer

EVENT_PAUSE_S = 0.1
"""How long an event of a task may wait for others."""


class EventBatchingConsumer(Consumer):  # type: ignore[misc] # Celery ships no types
    """Celery sends events at every turn of its loop, mostly one by one: a third of a main process's work."""

    _flush_is_due = False

    def on_send_event_buffered(self) -> None:
        """Send what is buffered soon; a full buffer is sent at once by its dispatcher."""
        if self.hub and not self._flush_is_due:
            self._flush_is_due = True
            # A pool of threads calls from any of them, and timers belong to the loop.
            self.hub.call_soon(self.hub.call_later, EVENT_PAUSE_S, self._flush_events)

    def _flush_events(self) -> None:
        self._flush_is_due = False
        super()._flush_events()

    def shutdown(self) -> None:
        """Send the events of the tasks that ended last; the loop no longer runs."""
        self._flush_events()
        super().shutdown()
