"""A primary and its replica on loopback, and three sentinels that watch them."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from fluxagents.workers.redis.server_binary import find_binary

PASSWORD = "chaos-of-sentinels"
PRIMARY = "watched"
DOWN_MS = 1_000
"""A primary that is silent for longer is down."""
QUORUM = 2


class Sentinels:
    """Five processes.

    Args:
        folder: Where their files are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        first, second, *watchers = _free_ports(5)
        self.watchers = tuple(watchers)
        self._serve(first)
        self._serve(second, f"replicaof 127.0.0.1 {first}")
        for port in self.watchers:
            self._watch(port, first)
        self._eventually(lambda: self._has_replica(first))
        self._eventually(lambda: all(self._sees_all(port) for port in self.watchers))

    @property
    def url(self) -> str:
        hosts = ",".join(f"127.0.0.1:{port}" for port in self.watchers)
        return f"redis+sentinel://:{PASSWORD}@{hosts}/{PRIMARY}/0"

    @property
    def primary(self) -> int:
        """The port of the Redis that the sentinels agree on; 0 while they do not."""
        ports = {self._ask(port) for port in self.watchers}
        return ports.pop() if len(ports) == 1 else 0

    @property
    def replica(self) -> int:
        return next(port for port in self._processes if port not in {self.primary, *self.watchers})

    def fail_over(self) -> None:
        """`kill -9` of the primary; returns when the replica has taken over."""
        self.kill_primary()
        self.wait_for_another_primary()

    def kill_primary(self) -> None:
        port = self.primary
        self._processes[port].kill()
        self._processes[port].wait(10.0)

    def wait_for_another_primary(self) -> None:
        self._eventually(lambda: self._answers(self.primary) and self._is_primary(self.primary))

    @contextmanager
    def replica_cut_off(self) -> Iterator[None]:
        """The replica has nothing of what is written meanwhile, since the primary does not let it in."""
        with self._client(self.primary) as primary, self._client(self.replica) as replica:
            replica.config_set("masterauth", "wrong")
            primary.client_kill_filter(_type="replica")
            try:
                yield
            finally:
                replica.config_set("masterauth", PASSWORD)

    def close(self) -> None:
        for process in self._processes.values():
            process.kill()
            process.wait(10.0)

    def _serve(self, port: int, *lines: str) -> None:
        login = (f"requirepass {PASSWORD}", f"masterauth {PASSWORD}")
        self._start(port, "appendonly yes", 'save ""', "repl-diskless-sync-delay 0", *login, *lines)

    def _watch(self, port: int, primary: int) -> None:
        lines = (
            f"monitor {PRIMARY} 127.0.0.1 {primary} {QUORUM}",
            f"auth-pass {PRIMARY} {PASSWORD}",
            f"down-after-milliseconds {PRIMARY} {DOWN_MS}",
            f"failover-timeout {PRIMARY} 5000",
        )
        self._start(port, *(f"sentinel {line}" for line in lines), mode="--sentinel")

    def _start(self, port: int, *lines: str, mode: str = "") -> None:
        folder = self._folder / str(port)
        folder.mkdir(parents=True)
        config = folder / "redis.conf"
        basics = (f"port {port}", "bind 127.0.0.1", f'dir "{folder}"', 'logfile "log"')
        config.write_text("\n".join((*basics, *lines)) + "\n")
        command = [str(find_binary()), str(config), *filter(None, [mode])]
        self._processes[port] = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
        self._eventually(lambda: self._answers(port))

    @contextmanager
    def _client(self, port: int) -> Iterator[Any]:
        password = None if port in self.watchers else PASSWORD
        with Redis(port=port, password=password, decode_responses=True) as client:
            yield client

    def _answers(self, port: int) -> bool:
        try:
            with self._client(port) as client:
                return bool(client.ping())
        except RedisError:
            return False

    def _has_replica(self, port: int) -> bool:
        with self._client(port) as client:
            return bool(client.info("replication").get("slave0", {}).get("state") == "online")

    def _sees_all(self, port: int) -> bool:
        with self._client(port) as client:
            seen = client.sentinel_master(PRIMARY)
            return bool(seen["num-slaves"] == 1 and seen["num-other-sentinels"] == len(self.watchers) - 1)

    def _ask(self, port: int) -> int:
        with self._client(port) as client:
            return int(client.sentinel_get_master_addr_by_name(PRIMARY)[1])

    def _is_primary(self, port: int) -> bool:
        with self._client(port) as client:
            return bool(client.info("replication")["role"] == "master")

    def _eventually(self, holds: Callable[[], bool], *, within_s: float = 30) -> None:
        deadline = time.monotonic() + within_s
        while not holds():
            assert time.monotonic() < deadline, f"it did not happen within {within_s} s; logs: {self._folder}"
            time.sleep(0.05)


def _free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()
