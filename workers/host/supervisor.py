"""Everything on one machine under one roof: start, watch, start again, stop, leave nothing behind."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable
from functools import partial
from queue import Empty, SimpleQueue
from time import monotonic
from typing import BinaryIO, Literal

import psutil
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.celery.app import FluxApp, create_app
from fluxagents.workers.celery.queues import POOLS
from fluxagents.workers.host import flower, launch, run_file
from fluxagents.workers.host.api import process as api
from fluxagents.workers.host.data_folder import describe
from fluxagents.workers.host.listening import process as listening
from fluxagents.workers.host.loopback import free_port
from fluxagents.workers.host.run_file import RunStatus, State
from fluxagents.workers.host.service import Command, Redis, Service
from fluxagents.workers.machine.private_files import make_private_folder
from fluxagents.workers.machine.process import ProcessId, end_all, find_marked
from fluxagents.workers.redis import connection
from fluxagents.workers.redis.embedded_redis import EmbeddedRedis
from fluxagents.workers.redis.triggers.channel_book import RedisChannelBook
from fluxagents.workers.settings import Settings

PROBE_EVERY_S = 0.25
PING_TIMEOUT_S = 0.5
SHOW_EVERY_S = 1.0
PATIENCE_S = 10.0
"""On top of the soft shutdown: for closing connections and for imports that a signal interrupted."""

REDIS = "redis"
BEAT = "beat"
FLOWER = "flower"
API = "api"
LISTENER = "listener"

Event = Callable[[], None]


class Supervisor:
    """Runs the services of one data folder until it is told to stop.

    Args:
        settings: The settings, which every service shares.
        say: Is told what a person should know, in a line.
        show: Is told the state of all services whenever it changes, and every second.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        say: Callable[[str], None],
        show: Callable[[RunStatus], None],
    ) -> None:
        self._settings = settings
        self._say = say
        self._show = show
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._me = ProcessId.of(os.getpid())
        self._flower_port = _choose_port(settings, "flower_port")
        self._api_port = _choose_port(settings, "api_port")
        self._stop_requests = 0
        self._written: RunStatus | None = None
        self._services: list[Service] = []
        self._app: FluxApp | None = None
        self._lock: BinaryIO | None = None
        self._server: EmbeddedRedis | None = None
        self._problem = ""

    @property
    def status(self) -> RunStatus:
        return RunStatus(
            supervisor=self._me,
            redis=self._redis_address(),
            flower=flower.url(self._flower_port),
            api=api.url(self._api_port),
            services=tuple(service.status for service in self._services),
            problem=self._problem,
        )

    def stop(self) -> None:
        """Ask for the end; a second time, for the end at once. Safe in a signal handler."""
        self._events.put(self._count_stop)

    def run(self) -> None:
        """Start everything, watch it, and stop it when asked to; returns when nothing runs any more.

        Raises:
            FluxError: Another `fluxagents up` serves this data folder, or Redis cannot be used.
        """
        self._lock = run_file.try_lock(self._settings.run_file)
        if self._lock is None:
            raise already_running(self._settings)
        try:
            end_leftovers(self._settings)
            make_private_folder(self._settings.log_dir)
            try:
                self._start_all()
                self._watch()
            finally:
                self._stop_all()
                self._settings.run_file.unlink(missing_ok=True)
        finally:
            self._lock.close()

    def _start_all(self) -> None:
        if self._settings.redis_url is None:
            self._server = server = EmbeddedRedis(self._settings.redis_dir, port=self._settings.embedded_port)
            redis = Service(REDIS, Redis(server), log=server.log_file)
            self._services.append(redis)
            self._start(redis)
            redis.note_answer()
        connection.connect(self._settings).close()
        self._app = create_app(self._settings)
        for service in self._other_services():
            self._services.append(service)
            self._start(service)
        self._publish()

    def _other_services(self) -> Iterable[Service]:
        for pool in POOLS:
            yield self._command(pool, launch.worker(self._settings, pool))
        yield self._command(BEAT, launch.beat(self._settings))
        yield self._command(
            FLOWER,
            flower.command(self._settings, port=self._flower_port),
            address=flower.url(self._flower_port),
        )
        yield self._command(API, api.command(port=self._api_port), address=api.url(self._api_port))
        if self._settings.listens:
            yield self._command(LISTENER, listening.command())

    def _command(self, name: str, arguments: list[str], *, address: str = "") -> Service:
        log = self._settings.log_dir / f"{name}.log"
        environment = launch.environment(self._settings, supervisor=self.status.mark)
        command = Command(arguments, environment=environment, log=log, folder=self._settings.data_dir)
        return Service(name, command, log=log, address=address)

    def _start(self, service: Service) -> None:
        service.start(lambda: self._events.put(partial(self._note_end, service)))

    def _watch(self) -> None:
        while not self._stop_requests:
            self._restart_due()
            self._probe()
            self._publish()
            self._take_event(PROBE_EVERY_S if self._is_unsettled() else SHOW_EVERY_S)

    def _take_event(self, timeout_s: float) -> None:
        try:
            event = self._events.get(timeout=timeout_s)
        except Empty:
            return
        event()

    def _note_end(self, service: Service) -> None:
        message = service.note_end()
        if message:
            self._say(message)

    def _restart_due(self) -> None:
        for service in self._services:
            if service.state is State.WAITING and service.restart_at <= monotonic():
                self._restart(service)

    def _restart(self, service: Service) -> None:
        try:
            self._start(service)
        except (OSError, FluxError, psutil.Error) as error:
            self._say(service.note_failed_start(error))
            return
        if service.name == REDIS:
            service.note_answer()

    def _is_unsettled(self) -> bool:
        return any(service.state in {State.STARTING, State.WAITING} for service in self._services)

    def _probe(self) -> None:
        starting = {service.name: service for service in self._services if service.state is State.STARTING}
        if FLOWER in starting and flower.answers(self._flower_port):
            starting.pop(FLOWER).note_answer()
        if API in starting and api.answers(self._api_port):
            starting.pop(API).note_answer()
        if LISTENER in starting and self._listens(starting[LISTENER]):
            starting.pop(LISTENER).note_answer()
        nodes = {_node(name): name for name in starting if name not in {FLOWER, API, LISTENER}}
        for node in self._answering(list(nodes)):
            starting[nodes[node]].note_answer()

    def _answering(self, nodes: list[str]) -> set[str]:
        """Which of these workers and beats answer a ping."""
        if not nodes or self._app is None:
            return set()
        try:
            replies = self._app.control.ping(destination=nodes, timeout=PING_TIMEOUT_S, limit=len(nodes))
        except (OperationalError, RedisError, OSError):
            return set()  # Redis restarts; the next probe asks again
        return {node for reply in replies for node in reply}

    def _listens(self, service: Service) -> bool:
        """Whether the listener has said so; that a channel is away keeps nothing from starting."""
        process = service.status.process
        try:
            with connection.connect(self._settings, decode_responses=False) as redis:
                book = RedisChannelBook(redis, prefix=self._settings.key_prefix)
                return listening.is_ready(book, 0 if process is None else process.pid)
        except (FluxError, RedisError):
            return False  # Redis restarts; the next probe asks again

    def _publish(self) -> None:
        """Write down where everything stands, for other commands; a disk that takes nothing ends nothing."""
        try:
            self._restore_folder()
            for service in self._services:
                service.rotate_log()
            status = self.status
            if status != self._written:
                run_file.write(self._settings.run_file, status)
                self._written = status
        except (OSError, RedisError) as error:
            reason = describe(error) if isinstance(error, OSError) else str(error)
            self._note_problem(f"{self._settings.data_dir} cannot be written: {reason}")
        else:
            self._note_problem("")
        self._show(self.status)

    def _note_problem(self, problem: str) -> None:
        if problem == self._problem:
            return
        self._say(problem or f"{self._settings.data_dir} can be written again")
        self._problem = problem

    def _restore_folder(self) -> None:
        """Make what somebody has removed: the folder, the lock, the status, the files of Redis."""
        if not run_file.lock_file(self._settings.run_file).exists():
            lock = run_file.try_lock(self._settings.run_file)
            if self._lock is not None and lock is not None:
                self._lock.close()
                self._lock = lock
        if not self._settings.run_file.exists():
            self._written = None
        server = self._server
        is_up = any(service.name == REDIS and service.state is State.RUNNING for service in self._services)
        if server is not None and is_up and not server.is_intact:
            server.restore()
            self._say(f"{server.folder} was removed: Redis has written it anew")

    def _stop_all(self) -> None:
        workers = [service for service in self._services if service.name != REDIS]
        self._say("stopping")
        for patience_s in (self._settings.soft_shutdown_timeout_s + PATIENCE_S, PATIENCE_S):
            for service in workers:
                if service.up or service.state is State.WAITING:
                    service.ask_to_stop()
            self._await_end(workers, patience_s)
        for service in workers:
            if service.up:
                self._say(f"{service.name} does not stop: killing it")
                service.force()
        self._await_end(workers, PATIENCE_S)
        for redis in (service for service in self._services if service.name == REDIS):
            redis.ask_to_stop()
            self._await_end([redis], PATIENCE_S)

    def _await_end(self, services: list[Service], patience_s: float) -> None:
        deadline = monotonic() + patience_s
        requests = self._stop_requests
        while any(service.up for service in services) and self._stop_requests == requests:
            left_s = deadline - monotonic()
            if left_s <= 0:
                return
            self._take_event(min(left_s, SHOW_EVERY_S))
            self._publish()

    def _count_stop(self) -> None:
        self._stop_requests += 1

    def _redis_address(self) -> str:
        if self._settings.redis_url is not None:
            return connection.without_password(self._settings.redis_url.get_secret_value())
        instance = EmbeddedRedis(self._settings.redis_dir).instance
        return "" if instance is None else f"redis://***@127.0.0.1:{instance.port}/0"


def handle_signals(supervisor: Supervisor) -> None:
    """Let Ctrl-C and TERM stop the supervisor."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: supervisor.stop())


def already_running(settings: Settings) -> FluxError:
    """What a second `fluxagents up` on the same data folder says."""
    status = run_file.read(settings.run_file)
    who = "" if status is None else f" (process {status.supervisor.pid})"
    return FluxError(
        ErrorClass.BAD_ARGUMENT,
        f"fluxagents is running already on {settings.data_dir}{who}",
        suggestions=["`fluxagents status` shows it", "`fluxagents down` stops it"],
    )


def end_leftovers(settings: Settings) -> list[str]:
    """End what a supervisor that was killed has left running; returns the names of those services."""
    status = run_file.read(settings.run_file)
    if status is None or status.running():
        return []
    alive = [each for each in status.services if each.process is not None and each.process.alive()]
    leftovers = find_marked(launch.SUPERVISOR_VARIABLE, status.mark)
    leaders = {service.process.pid for service in alive if service.process is not None}
    patience_s = settings.soft_shutdown_timeout_s + PATIENCE_S
    end_all([process for process in leftovers if process.pid in leaders], patience_s=patience_s)
    end_all([process for process in leftovers if process.is_running()], patience_s=PATIENCE_S)
    settings.run_file.unlink(missing_ok=True)
    return [service.name for service in alive if service.name != REDIS]


def _node(name: str) -> str:
    return launch.beat_node() if name == BEAT else launch.worker_node(name)


def _choose_port(settings: Settings, name: Literal["flower_port", "api_port"]) -> int:
    """The port of a service: that of the settings, or a free one where nobody has named it."""
    wanted: int = getattr(settings, name)
    port = free_port(wanted)
    if port != wanted and name in settings.model_fields_set:
        service = name.removesuffix("_port")
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"port {wanted} for {service} is taken",
            suggestions=[
                f"set FLUXAGENTS_{name.upper()} to a free one, or unset it to have one chosen",
            ],
        )
    return port
