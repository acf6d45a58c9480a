"""A message on its way into a worker's pool. Imported by workers only: Celery finds it by name."""

from __future__ import annotations

from celery.worker.request import Request
from celery.worker.state import revoked


class ExpiringRequest(Request):  # type: ignore[misc] # Celery ships no types
    """Expires by the time of its application; Celery's own goes by the clock of the worker's machine.

    A message is stamped by another machine. A worker whose clock is ahead of beat's would drop every tick of
    the reconciler.
    """

    def maybe_expire(self) -> bool:
        """Whether its time is over; it counts as revoked then."""
        if self.expires is None or self.app.now() <= self.expires:
            return False
        revoked.add(self.id)
        return True
