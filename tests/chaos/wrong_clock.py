"""A clock that is wrong, for Celery, its transport and this project; pauses last as long as they should."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta, tzinfo
from importlib import import_module
from typing import Any, Self

PACKAGES = ("celery", "kombu", "redbeat", "fluxagents")
LATE = (
    "celery.apps.beat",
    "celery.apps.worker",
    "celery.worker.consumer",
    "celery.worker.request",
    "redbeat",
)
"""Imported while a worker or beat starts; what they take from `time` must be wrong by then."""


def set_clock_ahead(seconds: float) -> None:
    """Let this process and its children take another time for that of their machine."""
    for name in LATE:
        import_module(name)
    wrong = {id(right): other for right, other in _build(seconds)}
    for name, module in list(sys.modules.items()):
        if name == "time" or name.partition(".")[0] in PACKAGES:
            names = vars(module)
            names.update({key: wrong[id(value)] for key, value in names.items() if id(value) in wrong})


def _build(seconds: float) -> tuple[tuple[Any, Any], ...]:
    right_s, right_ns = time.time, time.time_ns

    class AnyDatetime(type):
        """Dates that other modules make count as well."""

        def __instancecheck__(cls, instance: Any) -> bool:
            return isinstance(instance, datetime)

    class WrongDatetime(datetime, metaclass=AnyDatetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return super().now(tz) + timedelta(seconds=seconds)

        @classmethod
        def utcnow(cls) -> Self:
            return cls.now(UTC).replace(tzinfo=None)

    return (
        (right_s, lambda: right_s() + seconds),
        (right_ns, lambda: right_ns() + round(seconds * 1e9)),
        (datetime, WrongDatetime),
    )
