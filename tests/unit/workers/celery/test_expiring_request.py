"""A message expires by the time of Redis, not by the clock of the machine that takes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from unittest.mock import Mock

import pytest
from celery.worker.state import revoked

from fluxagents.workers.celery.expiring_request import ExpiringRequest
from fluxagents.workers.celery.signed_messages import CheckingTask

NOW = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(("left_s", "is_over"), [(5, False), (0, False), (-1, True)])
def test_the_time_of_the_application_counts(left_s: int, is_over: bool) -> None:
    request = Mock(app=Mock(now=lambda: NOW), expires=NOW + timedelta(seconds=left_s), id=f"tick{left_s}")
    assert ExpiringRequest.maybe_expire(request) is is_over
    assert (request.id in revoked) is is_over
    revoked.discard(request.id)


def test_a_message_without_an_end_never_expires() -> None:
    assert not ExpiringRequest.maybe_expire(Mock(expires=None))


def test_every_task_takes_such_requests() -> None:
    assert CheckingTask.Request == f"{ExpiringRequest.__module__}:{ExpiringRequest.__name__}"
