"""The consumer of a worker, which sends the events of its tasks in batches and loses none when it ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

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

    def on_close(self) -> None:
        """Take no more tasks, and forget those that no process has: all but those that lie before one.

        Celery forgets the latter too, since no process has said yet that it began them. It carries them out
        all the same, and nobody would hear of their ends.
        """
        for job in _list_handed_over(self.pool):
            # As its process will say soon, then with the events that follow from it.
            job._accepted, job._worker_pid = True, job._write_to.pid  # noqa: SLF001 - billiard has no other way
        super().on_close()

    def shutdown(self) -> None:
        """Send the events of the tasks that ended last; the loop no longer runs."""
        self._flush_events()
        super().shutdown()


def _list_handed_over(pool: Any) -> Iterator[Any]:
    """The jobs that were written to processes and not taken by them yet; a pool of threads has none."""
    jobs = getattr(getattr(pool, "_pool", None), "_cache", {})
    return (job for job in jobs.values() if job._write_to is not None and not job.accepted())  # noqa: SLF001
