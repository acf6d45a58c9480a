"""When what failed is tried again: as its node says, or else as the policy of its error; with jitter."""

from __future__ import annotations

import hashlib

from fluxagents.flows.errors import POLICIES, ErrorClass
from fluxagents.flows.language.node_base import Retry
from fluxagents.flows.state import RunState


def should_retry(state: RunState, retry: Retry | None) -> bool:
    """Whether what just failed is tried again.

    Args:
        state: The run, at a node where something has failed.
        retry: What the node says; None leaves it to the policy of the error's kind.
    """
    kind = _kind(state)
    if retry is not None:
        covered = kind in retry.kinds if retry.kinds else kind not in _HOPELESS
        return covered and state.failures_at_node < retry.attempts
    if state.outcome != "failed":
        return False
    assert state.streak is not None
    return may_retry(kind, state.streak.count)


_HOPELESS = frozenset({ErrorClass.BUDGET, ErrorClass.BAD_FLOW})
"""What would fail again at once."""


def _kind(state: RunState) -> ErrorClass:
    if state.outcome == "expired":
        return ErrorClass.TIMEOUT
    assert state.streak is not None
    return state.streak.kind


def compute_pause_ms(state: RunState, retry: Retry | None, *, key: str) -> int:
    """How long to wait before the next try, in ms; the same key gives the same pause."""
    asked_ms = state.errors[-1].retry_after_ms if state.outcome == "failed" else 0
    if retry is not None:
        return asked_ms + _spread(round(retry.pause_s * 1_000 * 2 ** (state.failures_at_node - 1)), key)
    assert state.streak is not None
    return pause_ms(state.streak.kind, state.streak.count, key, at_least_ms=asked_ms)


def may_retry(kind: ErrorClass, failures: int) -> bool:
    """Whether a step that failed so many times in a row with this kind is tried again by its policy."""
    return failures < POLICIES[kind].attempts


def pause_ms(kind: ErrorClass, failures: int, key: str, *, at_least_ms: int = 0) -> int:
    """How long the policy of a kind waits after so many failures, in ms.

    Args:
        kind: Of the error.
        failures: In a row, at least 1.
        key: Spreads the pauses of many runs by up to half; the same key gives the same pause.
        at_least_ms: What a provider asks for; the pause comes on top, so that not all come back at once.
    """
    return at_least_ms + _spread(POLICIES[kind].pause_ms * 2 ** (failures - 1), key)


def _spread(longest_ms: int, key: str) -> int:
    spread = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4]) / 2**32
    return round(longest_ms * (0.5 + spread / 2))
