"""Whether this worker or beat is well, on a port of its own if the settings name one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from celery import bootsteps
from celery.signals import beat_init, worker_process_init
from redis.exceptions import RedisError

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.celery.nodes.start_refusal import refuse_to_start
from fluxagents.workers.observing.health.health_server import Examine, HealthServer
from fluxagents.workers.observing.health.verdict import HealthCheck, judge_beat, judge_worker
from fluxagents.workers.observing.metrics.worker_figures import PollWatch
from fluxagents.workers.redis import connection
from fluxagents.workers.settings import Settings

if TYPE_CHECKING:
    from fluxagents.workers.celery.nodes.heartbeat import Pulse

TICKS = PollWatch()
"""Of this process: beat builds its scheduler by itself and hands it to nobody."""


def open_health(examine: Examine, settings: Settings) -> HealthServer | None:
    """What answers at the port of the settings, if they name one, once it is started.

    Raises:
        FluxError: The port is taken.
    """
    if settings.health_port is None:
        return None
    try:
        return HealthServer(examine, host=settings.health_host, port=settings.health_port)
    except OSError as error:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"FLUXAGENTS_HEALTH_PORT: port {settings.health_port} of {settings.health_host} cannot be had:"
            f" {error.strerror}",
            suggestions=("give each worker and beat of a machine a port of its own",),
        ) from error


def follow_beat(settings: Settings) -> None:
    """Answer for beat from its start on, also while it waits for the lock."""

    def receive(**_: Any) -> None:
        with refuse_to_start():
            server = open_health(partial(examine_beat, settings), settings)
        if server is not None:
            server.start()

    beat_init.connect(receive, weak=False, dispatch_uid="fluxagents.health")


def examine_beat(settings: Settings) -> Sequence[HealthCheck]:
    """The checks of the beat of this process."""
    try:
        with connection.open_client(connection.redis_url(settings), socket_timeout=2.0) as redis:
            is_lock_held = int(redis.pttl(f"{settings.key_prefix}redbeat::lock")) > 0
    except RedisError as error:
        return [HealthCheck("redis", f"it does not answer: {type(error).__name__}")]
    return list(judge_beat(has_ticked=TICKS.is_noted, tick_age_s=TICKS.age_s, is_lock_held=is_lock_held))


class Health(bootsteps.StartStopStep):  # type: ignore[misc] # Celery ships no types
    """Answers for a worker, from its main process."""

    requires = ("fluxagents.workers.celery.nodes.heartbeat:Heartbeat",)

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        pulse, settings = worker.pulse, worker.app.settings
        # Before the pool forks: a worker that cannot have its port ends before it has begun.
        with refuse_to_start():
            self._server = open_health(partial(examine_worker, pulse, settings), settings)
        worker_process_init.connect(self._leave, weak=False, dispatch_uid="fluxagents.health")

    def start(self, worker: Any) -> None:
        del worker
        if self._server is not None:
            self._server.start()

    def stop(self, worker: Any) -> None:
        """Nothing: it answers until the process ends."""

    def _leave(self, **_: Any) -> None:
        if self._server is not None:
            self._server.close()


def examine_worker(pulse: Pulse, settings: Settings) -> Sequence[HealthCheck]:
    """The checks of the worker of this process."""
    return list(
        judge_worker(
            pulse.take_figures(),
            heartbeat_age_s=pulse.age_s,
            ttl_s=settings.node_ttl_s,
            hard_limit_s=settings.hard_time_limit_s,
        )
    )
