"""Who owns a lease, and which processes of a pool live."""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest

from fluxagents.flows.errors import FluxError
from fluxagents.workers.celery.nodes import heartbeat


def test_an_owner_is_a_node_and_a_pid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(heartbeat.NODE_VARIABLE, "tools@host/abc")
    assert heartbeat.current_owner() == f"tools@host/abc|{os.getpid()}"


def test_outside_a_worker_nobody_owns() -> None:
    with pytest.raises(FluxError, match="belongs to no worker"):
        heartbeat.current_owner()


def test_a_thread_pool_has_no_children() -> None:
    assert heartbeat.pool_pids(SimpleNamespace()) == set()


def test_dead_children_are_left_out() -> None:
    me = SimpleNamespace(pid=os.getpid())
    processes = [me, SimpleNamespace(pid=None), SimpleNamespace(pid=2**22 + 1)]
    pool = SimpleNamespace(_pool=SimpleNamespace(_pool=processes))
    assert heartbeat.pool_pids(pool) == {os.getpid()}


def test_keys_carry_the_prefix() -> None:
    assert heartbeat.node_key("lab:", "n") == "lab:node:n"
    assert heartbeat.nodes_key("lab:") == "lab:nodes"
