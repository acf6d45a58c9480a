"""A process that cannot have its port for probes says so and ends."""

from __future__ import annotations

import socket

import pytest
from structlog.testing import capture_logs

from fluxagents.workers.celery.nodes.health import open_health
from fluxagents.workers.celery.nodes.start_refusal import refuse_to_start
from fluxagents.workers.settings import Settings


def test_a_port_that_is_taken_ends_the_start_with_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, capture_logs() as lines:
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit) as ended, refuse_to_start():
            open_health(lambda: (), Settings(health_port=port))
    assert ended.value.code == 1
    (line,) = lines
    assert line["error"].startswith(f"FLUXAGENTS_HEALTH_PORT: port {port} of 127.0.0.1 cannot be had: ")


def test_without_a_port_nothing_listens() -> None:
    assert open_health(lambda: (), Settings()) is None
