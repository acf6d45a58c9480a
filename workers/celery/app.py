"""The Celery application: every setting that the step protocol relies on, in one place."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

from celery import Celery
from kombu.entity import Exchange, Queue

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.ports.clock import Clock
from fluxagents.workers.celery import transport
from fluxagents.workers.celery.masking import MaskedControl, MaskedEvents
from fluxagents.workers.celery.nodes.health import Health, follow_beat
from fluxagents.workers.celery.nodes.heartbeat import Heartbeat
from fluxagents.workers.celery.nodes.preload import Preload
from fluxagents.workers.celery.queues import CONTROL, QUEUES
from fluxagents.workers.celery.signed_messages import CheckingTask, SigningAmqp
from fluxagents.workers.files.message_keys import MessageKeys, load_message_keys
from fluxagents.workers.observing import log
from fluxagents.workers.observing.secret_mask import SecretMask, build_mask
from fluxagents.workers.redis import connection
from fluxagents.workers.redis.observing.log_store import open_log_link
from fluxagents.workers.redis.redis_clock import RedisClock
from fluxagents.workers.redis.sentinel.sentinel_address import SentinelAddress
from fluxagents.workers.settings import Settings

if TYPE_CHECKING:
    from fluxagents.workers.celery.process import Process

RECONCILE = "control.reconcile"
ARCHIVE = "control.archive"
LOOK = "control.look"
RELAY = "control.relay"
READ = "control.read"
POST = "control.post"
TRACE = "control.trace"

TASK_MODULES = (
    "fluxagents.scheduler.runs.start_task",
    "fluxagents.scheduler.schedules.tick_task",
    "fluxagents.scheduler.firings.look_task",
    "fluxagents.scheduler.triggers.read_task",
    "fluxagents.scheduler.triggers.serve_task",
    "fluxagents.scheduler.webhooks.relay_task",
    "fluxagents.workers.celery.send_task",
    "fluxagents.scheduler.channels.post_task",
    "fluxagents.workers.celery.carry_task",
    "fluxagents.workers.celery.archive_task",
    "fluxagents.workers.celery.trace_task",
)
"""Tasks that start runs and put them away: every worker knows them beside the modules of the settings."""

HUMAN = "human"
"""The queue whose workers wait for the network; solvers have others."""

BEAT_LOOP_S = 2.0
"""Longest sleep of beat; a schedule that was added is noticed within it."""

CLOCK_PATIENCE = {"socket_connect_timeout": 2.0, "socket_timeout": 2.0}
"""A worker that asks for the time does nothing else meanwhile."""

REDBEAT_SENTINEL = "redis-sentinel"
"""In place of a URL: redbeat asks the sentinels of its options."""

ProcessBuilder = Callable[[Settings, "FluxApp"], "Process"]
"""Builds what tasks use; the real one is in the composition root."""


class FluxApp(Celery):  # type: ignore[misc] # Celery ships no types
    """The Celery application with its settings and, in each process that runs steps, what its tasks use."""

    amqp_cls = SigningAmqp
    task_cls = CheckingTask

    def __init__(
        self,
        settings: Settings,
        *,
        build_process: ProcessBuilder | None,
        clock: Clock,
        mask: SecretMask,
        message_keys: MessageKeys | None,
        **options: Any,
    ) -> None:
        super().__init__("fluxagents", control=MaskedControl, events=MaskedEvents, **options)
        self.settings = settings
        self.time = clock
        """The time of Redis; Celery's own `clock` counts messages."""
        self.mask = mask
        self.message_keys = message_keys
        """With which messages are signed; none where they are not."""
        self._build_process = build_process
        self._process: tuple[int, Process] | None = None
        self._process_lock = Lock()

    @property
    def process(self) -> Process:
        """What tasks use; built once per process, and again in a child after a fork.

        Raises:
            FluxError: The application was created only to send messages.
        """
        if self._build_process is None:
            raise FluxError(ErrorClass.INTERNAL, "this application only sends messages and runs no steps")
        pid = os.getpid()
        with self._process_lock:
            if self._process is None or self._process[0] != pid:
                self._process = (pid, self._build_process(self.settings, self))
            return self._process[1]

    def now(self) -> datetime:
        """The time of Redis, so that beat and all workers agree on what is due and what has expired."""
        return datetime.fromtimestamp(self.time.now_ms() / 1_000, tz=UTC)


def create_app(settings: Settings, *, build_process: ProcessBuilder | None = None) -> FluxApp:
    """The application for these settings; connects to nothing.

    Args:
        settings: The settings of this process.
        build_process: Builds what `app.process` returns; a process that only sends messages needs none.

    Raises:
        FluxError: No Redis is named and the embedded one is not running.
    """
    url = connection.redis_url(settings)
    sentinels = connection.find_sentinels(url)
    transport.register()
    keys = load_message_keys(settings)
    mask = build_mask(settings, url, *(keys.texts if keys else ()))
    modules = [*TASK_MODULES, *settings.task_modules]
    app = FluxApp(
        settings,
        build_process=build_process,
        clock=RedisClock(connection.open_client(url, **CLOCK_PATIENCE)),
        mask=mask,
        message_keys=keys,
        include=modules,
    )
    broker_url = sentinels.broker_url if sentinels else url
    app.conf.update(
        broker_url=broker_url,
        broker_read_url=broker_url,
        broker_write_url=broker_url,
        **_messages(settings, sentinels),
        **_workers(settings),
        **_beat(settings, url, sentinels),
    )
    app.steps["worker"] |= {Heartbeat, Health, Preload}
    follow_beat(settings)
    log.follow_celery(settings, mask, partial(open_log_link, settings, url))
    return app


def _messages(settings: Settings, sentinels: SentinelAddress | None) -> dict[str, Any]:
    exchange = Exchange("fluxagents", type="direct")  # type: ignore[no-untyped-call] # kombu is half typed
    return {
        "accept_content": ["json"],
        "task_serializer": "json",
        "result_serializer": "json",
        "event_serializer": "json",
        "task_ignore_result": True,
        "task_store_errors_even_if_ignored": False,
        "task_queues": [Queue(name, exchange, routing_key=name) for name in QUEUES],  # type: ignore[no-untyped-call] # as above
        "task_default_queue": CONTROL.name,
        "task_default_exchange": exchange.name,
        "task_default_routing_key": CONTROL.name,
        # A message to a queue that nobody serves would wait for ever.
        "task_create_missing_queues": False,
        "task_send_sent_event": True,
        "broker_connection_retry_on_startup": True,
        # Celery's own limit of 100 ends a worker in an outage of an hour.
        "broker_connection_max_retries": None,
        "broker_transport_options": {
            "visibility_timeout": settings.visibility_timeout_s,
            "queue_order_strategy": "fluxagents.workers.celery.queues:Lanes",
            "socket_timeout": settings.redis_timeout_s,
            "socket_connect_timeout": 5.0,
            "socket_keepalive": True,
            "health_check_interval": 10,
            "unacked_restore_interval": 10,
            "unacked_restore_throttle": 1,
            **(sentinels.broker_options if sentinels else {}),
        },
        "enable_utc": True,
        "timezone": "UTC",
    }


def _workers(settings: Settings) -> dict[str, Any]:
    return {
        "task_acks_late": True,
        "task_acks_on_failure": True,
        "task_acks_on_timeout": True,
        # The reconciler publishes a lost step again and counts its deliveries; a message that Redis
        # returned by itself would loop for ever on a step that kills its worker.
        "task_reject_on_worker_lost": False,
        "task_soft_time_limit": settings.soft_time_limit_s,
        "task_time_limit": settings.hard_time_limit_s,
        "worker_prefetch_multiplier": 1,
        "worker_send_task_events": True,
        "worker_consumer": "fluxagents.workers.celery.consumer:EventBatchingConsumer",
        "worker_soft_shutdown_timeout": settings.soft_shutdown_timeout_s,
        "worker_enable_soft_shutdown_on_idle": False,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_hijack_root_logger": False,
        "worker_proc_alive_timeout": 30.0,
    }


def _beat(settings: Settings, url: str, sentinels: SentinelAddress | None) -> dict[str, Any]:
    options = {"socket_timeout": 10, "socket_keepalive": True, "retry_period": 60}
    return {
        "beat_scheduler": "fluxagents.workers.celery.beat_scheduler:WatchedScheduler",
        "beat_max_loop_interval": BEAT_LOOP_S,
        "beat_enable_remote_control": True,
        "redbeat_redis_url": REDBEAT_SENTINEL if sentinels else url,
        "redbeat_redis_options": options | (sentinels.redbeat_options if sentinels else {}),
        "redbeat_key_prefix": f"{settings.key_prefix}redbeat:",
        # redbeat's own default keeps a dead beat's lock for 25 minutes.
        "redbeat_lock_timeout": BEAT_LOOP_S * 5,
        "beat_schedule": {
            "reconcile": _tick(RECONCILE, settings.reconcile_every_s),
            "look": _tick(LOOK, settings.reconcile_every_s),
            "relay": _tick(RELAY, settings.reconcile_every_s),
            "read": _tick(READ, settings.reconcile_every_s),
            "post": _tick(POST, settings.reconcile_every_s),
            **({"archive": _tick(ARCHIVE, settings.archive_every_s)} if settings.archives else {}),
            **({"trace": _tick(TRACE, settings.trace_every_s, HUMAN)} if settings.trace_url else {}),
        },
    }


def _tick(task: str, every_s: float, queue: str = CONTROL.name) -> dict[str, Any]:
    # An expired tick is dropped: one that comes late finds the same work as the next.
    return {"task": task, "schedule": every_s, "options": {"queue": queue, "expires": every_s * 2}}
