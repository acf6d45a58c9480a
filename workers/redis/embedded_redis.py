"""A Redis of its own for machines that have none: durable, on loopback, behind a password."""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Self

from pydantic import BaseModel, ConfigDict
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import BusyLoadingError, RedisError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.machine.private_files import UMASK, append_private, make_private_folder, write_private
from fluxagents.workers.machine.process import ProcessId, end_all
from fluxagents.workers.redis.refusals import is_write_refused
from fluxagents.workers.redis.server_binary import find_binary

HOST = "127.0.0.1"
START_TIMEOUT_S = 60.0
"""A long append-only file takes seconds to load."""
STOP_TIMEOUT_S = 20.0
PROBE_EVERY_S = 0.05
PROBE_TIMEOUT_S = 1.0
PORT_ATTEMPTS = 3
APPEND_ONLY_FOLDER = "appendonlydir"


class Instance(BaseModel):
    """What is written down about a running instance; the password lies in a file of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    process: ProcessId
    port: int
    binary: str


def running_url(folder: Path) -> str | None:
    """The URL of the instance that runs on this data folder, or none."""
    instance = _running(folder)
    return None if instance is None else _url(folder, instance)


class EmbeddedRedis:
    """One Redis server on one data folder.

    Args:
        folder: Data folder; holds the append-only file, configuration, password and log.
        port: Loopback port; none keeps the last one if it is free, else picks a free one.
    """

    def __init__(self, folder: Path, *, port: int | None = None) -> None:
        self.folder = folder
        self._port = port
        self._started: tuple[Instance, str] | None = None
        """What was started here, with its password."""

    @property
    def log_file(self) -> Path:
        return self.folder / "redis.log"

    @property
    def instance(self) -> Instance | None:
        """The running instance, or none; one that was started here also without its folder."""
        running = _running(self.folder)
        if running is None and self._started is not None and self._started[0].process.alive():
            return self._started[0]
        return running

    @property
    def url(self) -> str:
        """The URL of the running instance, password included.

        Raises:
            FluxError: It does not run.
        """
        url = running_url(self.folder)
        if url is None:
            raise FluxError(
                ErrorClass.PROVIDER_OUTAGE,
                f"no Redis runs on {self.folder}",
                suggestions=["start it with `fluxagents up`"],
            )
        return url

    def start(self) -> str:
        """Start the server, or find it running, and wait until it answers.

        Returns:
            Its URL.

        Raises:
            FluxError: There is no server to start, or it does not come up.
        """
        make_private_folder(self.folder)
        with _lock(self.folder / "start.lock"):
            if self.instance is None:
                self._launch(find_binary())
            instance = self.instance
            if instance is None:
                raise self._failure("ended at once")
            self._await_answer(instance)
            self._started = (instance, _password(self.folder))
        return self.url

    @property
    def is_intact(self) -> bool:
        """Whether the files are there that it and other commands need."""
        names = ("password", "instance.json", APPEND_ONLY_FOLDER)
        return all((self.folder / name).exists() for name in names)

    def restore(self) -> None:
        """Write a folder that somebody has removed anew, from what the server holds in memory.

        Raises:
            OSError: It cannot be written.
            RedisError: The server does not answer.
        """
        if self._started is None:
            return
        instance, password = self._started
        make_private_folder(self.folder)
        write_private(self.folder / "password", password)
        self._write_config(instance.port)
        client = _client(_url(self.folder, instance), timeout_s=STOP_TIMEOUT_S)
        with client:
            client.config_set("dir", str(self.folder))
            client.config_set("appendonly", "no")
            client.config_set("appendonly", "yes")
        write_private(_record(self.folder), instance.model_dump_json())

    def stop(self) -> None:
        """Write everything to disk and end the server; no server is fine."""
        with _lock(self.folder / "start.lock"):
            instance = self.instance
            if instance is not None:
                client = _client(self._address(instance), timeout_s=STOP_TIMEOUT_S)
                try:
                    client.shutdown()
                except RedisError:
                    pass  # it hung, refused, or ended before it could answer: `wait` sees which
                finally:
                    client.close()
                if not instance.process.wait(STOP_TIMEOUT_S):
                    self.kill()

    def kill(self) -> None:
        """End the server without its help: TERM, then KILL; the append-only file loses a second at most."""
        instance = self.instance
        process = None if instance is None else instance.process.find()
        if process is not None:
            end_all([process], patience_s=STOP_TIMEOUT_S)

    def _address(self, instance: Instance) -> str:
        """The URL of an instance, also when its folder is gone."""
        if self._started is not None and self._started[0] == instance:
            return _join_url(self._started[1], instance)
        return _url(self.folder, instance)

    def _launch(self, binary: Path) -> None:
        _password(self.folder)
        for attempt in range(PORT_ATTEMPTS):
            port = self._choose_port(again=attempt > 0)
            config = self._write_config(port)
            process = ProcessId.of(self._spawn(binary, config))
            instance = Instance(process=process, port=port, binary=str(binary))
            try:
                write_private(_record(self.folder), instance.model_dump_json())
                self._await_answer(instance)
            except OSError:
                # Nobody could find it again.
                end_all([found for found in [process.find()] if found], patience_s=STOP_TIMEOUT_S)
                raise
            except FluxError:
                # Somebody may have taken the port between our choice and the server's bind.
                if process.alive() or self._port is not None or attempt + 1 == PORT_ATTEMPTS:
                    raise
            else:
                return

    def _spawn(self, binary: Path, config: Path) -> int:
        """Start the server in a session of its own: it outlives this process and its terminal."""
        append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        return os.posix_spawn(
            "/bin/sh",
            ["sh", "-c", f'umask {UMASK:03o}; exec "$0" "$1"', str(binary), str(config)],
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(self.log_file), append, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
        )

    def _await_answer(self, instance: Instance) -> None:
        deadline = monotonic() + START_TIMEOUT_S
        client = _client(_url(self.folder, instance), timeout_s=PROBE_TIMEOUT_S)
        try:
            while True:
                try:
                    client.ping()
                except ResponseError as error:
                    if not is_write_refused(error):
                        raise
                    return  # its disk is full: it answers, and writes again when there is room
                except (RedisConnectionError, RedisTimeoutError, BusyLoadingError) as error:
                    if monotonic() > deadline:
                        raise self._failure(
                            f"did not answer within {START_TIMEOUT_S:.0f} s ({error})"
                        ) from error
                else:
                    return
                if instance.process.wait(PROBE_EVERY_S):
                    raise self._failure(f"ended instead of answering on port {instance.port}")
        finally:
            client.close()

    def _choose_port(self, *, again: bool) -> int:
        if self._port is not None:
            return self._port
        last = _read_record(self.folder)
        if last is not None and not again and _is_free(last.port):
            return last.port
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            port: int = probe.getsockname()[1]
            return port

    def _write_config(self, port: int) -> Path:
        lines = {
            "bind": HOST,
            "port": str(port),
            "protected-mode": "yes",
            "requirepass": _password(self.folder),
            "dir": f'"{self.folder}"',
            "daemonize": "no",
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
            # The append-only file is the durable copy; snapshots would fork the server for nothing.
            "save": '""',
            "tcp-keepalive": "60",
            # A backup is asked for by one reader: the server need not wait for others.
            "repl-diskless-sync-delay": "0",
            "appenddirname": APPEND_ONLY_FOLDER,
            # `restore` names a folder anew; only this machine asks, with the password.
            "enable-protected-configs": "local",
        }
        path = self.folder / "redis.conf"
        text = "".join(f"{name} {value}\n" for name, value in lines.items())
        if not path.exists() or path.read_text() != text:  # a full disk takes no copy of what is there
            write_private(path, text)
        return path

    def _failure(self, what: str) -> FluxError:
        last = self.log_file.read_text(errors="replace").splitlines()[-1:] if self.log_file.exists() else []
        return FluxError(
            ErrorClass.PROVIDER_OUTAGE,
            f"the embedded Redis {what}: {''.join(last).strip()}",
            suggestions=[f"read {self.log_file}", "or set FLUXAGENTS_REDIS_URL to a Redis of your own"],
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _record(folder: Path) -> Path:
    return folder / "instance.json"


def _read_record(folder: Path) -> Instance | None:
    path = _record(folder)
    if not path.exists():
        return None
    return Instance.model_validate_json(path.read_text())


def _running(folder: Path) -> Instance | None:
    instance = _read_record(folder)
    return instance if instance is not None and instance.process.alive() else None


def _url(folder: Path, instance: Instance) -> str:
    return _join_url(_password(folder), instance)


def _join_url(password: str, instance: Instance) -> str:
    return f"redis://:{password}@{HOST}:{instance.port}/0"


def _client(url: str, *, timeout_s: float) -> Redis:
    return Redis.from_url(
        url, socket_connect_timeout=2.0, socket_timeout=timeout_s, retry=Retry(NoBackoff(), 0)
    )


def _password(folder: Path) -> str:
    path = folder / "password"
    if not path.exists():
        write_private(path, secrets.token_urlsafe(32))
    return path.read_text()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Two commands may start the same instance at once; the kernel frees the lock of one that dies."""
    make_private_folder(path.parent)
    with append_private(path) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
