"""Waiting for what other processes do."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic, sleep
from typing import TypeVar

T = TypeVar("T")


def eventually(ask: Callable[[], T], *, within_s: float = 120.0, every_s: float = 0.05) -> T:
    """The first true answer; fails if there is none in time."""
    deadline = monotonic() + within_s
    while not (answer := ask()):
        assert monotonic() < deadline, f"it did not happen within {within_s:g} s"
        sleep(every_s)
    return answer
