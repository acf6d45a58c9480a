"""The message of a step: bounded whatever a run holds, and with no id where metrics look for names."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
from celery import Celery

from fluxagents.flows.ports.dispatch import Dispatch, Outgoing
from fluxagents.workers.celery.publisher import INLINE_BYTES, CeleryPublisher

RUN = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


def publish(state: str) -> Any:
    """The message of a step with this state, as Celery is given it."""
    sent: list[Any] = []
    amqp = SimpleNamespace(
        create_task_message=Celery().amqp.create_task_message,
        send_task_message=lambda _, __, message, **___: sent.append(message),
    )
    producer = SimpleNamespace(batch=lambda **_: nullcontext())
    pool = SimpleNamespace(acquire=lambda **_: nullcontext(producer))
    app: Any = SimpleNamespace(amqp=amqp, producer_pool=pool)
    dispatch = Dispatch("tool.run_metabolic_fba", "tools", {"tool": "run_metabolic_fba"})
    publisher = CeleryPublisher(app, redis=SimpleNamespace())  # type: ignore[arg-type] # nothing is asked of it
    publisher.publish([Outgoing(RUN, 4, 9, 1, dispatch, state)])
    (message,) = sent
    return message


@pytest.mark.parametrize(("size", "carried"), [(INLINE_BYTES, INLINE_BYTES), (INLINE_BYTES + 1, 0)])
def test_a_large_state_stays_in_the_store(size: int, carried: int) -> None:
    _, kwargs, _ = publish("x" * size).body
    assert len(kwargs["state"]) == carried


def test_ids_stand_in_no_name_that_metrics_are_counted_by() -> None:
    headers = publish("{}").headers
    assert headers["task"] == "tool.run_metabolic_fba"
    assert not headers["shadow"]
    assert RUN in headers["kwargsrepr"]
