"""Serving what is due: in its order, and what fails keeps nobody waiting."""

from __future__ import annotations

import pytest
from tests.support.memory_ledger import MemoryLedger

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.scheduler.firings.lookout import Lookout


class HandClock:
    def now_ms(self) -> int:
        return 100


@pytest.fixture
def ledger() -> MemoryLedger:
    found = MemoryLedger()
    for name, look_ms in (("a:2", 20), ("b:1", 30), ("a:1", 10), ("a:3", 101)):
        found.save(name, "", before=None, look_ms=look_ms)
    return found


def test_what_is_due_is_served_by_its_kind_the_longest_due_first(ledger: MemoryLedger) -> None:
    served: list[str] = []
    servers = {"a": lambda name: served.append(f"a{name}"), "b": lambda name: served.append(f"b{name}")}
    assert Lookout(ledger, HandClock(), servers).look() == 3
    assert served == ["a1", "a2", "b1"]


def test_one_that_fails_keeps_nobody_waiting(ledger: MemoryLedger) -> None:
    served: list[str] = []

    def serve(name: str) -> None:
        if name == "1":
            raise FluxError(ErrorClass.UNKNOWN_ID, "there is no model 'gone'")
        served.append(name)

    assert Lookout(ledger, HandClock(), {"a": serve, "b": served.append}).look() == 2
    assert served == ["2", "1"]


def test_what_only_a_newer_version_serves_is_left_to_its_workers(ledger: MemoryLedger) -> None:
    served: list[str] = []
    assert Lookout(ledger, HandClock(), {"b": served.append}).look() == 1
    assert "a:1" in ledger.find_due(100, limit=10)
