"""The state of the services: a live table on a terminal, one line per change elsewhere."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from time import monotonic, time
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from fluxagents.workers.clients.progress.progress_lines import ProgressLines
from fluxagents.workers.commands.display.output import build_table
from fluxagents.workers.host.run_file import RunStatus, ServiceStatus, State

COLUMNS = ("service", "pid", "state", "uptime", "restarts", "log")


def uptime(service: ServiceStatus, now_s: float) -> str:
    """How long a service has run, in the two largest units; empty if it does not run."""
    if service.process is None:
        return ""
    seconds = max(0, int(now_s - service.process.started_at))
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def rows(status: RunStatus) -> list[tuple[str, ...]]:
    """The table of the services, one row per service."""
    now_s = time()
    return [
        (
            service.name,
            str(service.process.pid) if service.process is not None else "",
            f"{service.state}: {service.detail}" if service.detail else str(service.state),
            uptime(service, now_s),
            str(service.restarts),
            service.log,
        )
        for service in status.services
    ]


def as_json(status: RunStatus) -> dict[str, Any]:
    """The same for scripts."""
    return {"running": status.running(), "ready": status.ready} | status.model_dump(mode="json")


class View:
    """Shows a supervisor's work in the foreground."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False) if console.is_terminal else None
        self._states: dict[str, State] = {}
        self._greeted = False

    def live(self) -> AbstractContextManager[object]:
        return self._live if self._live is not None else nullcontext()

    def say(self, line: str) -> None:
        with self._unless_full():
            self._console.print(Text(line, style="yellow"))

    def show(self, status: RunStatus) -> None:
        """Draw the table anew, or print what changed."""
        with self._unless_full():
            self._draw(status)

    @contextmanager
    def _unless_full(self) -> Iterator[None]:
        """Output that goes to a full disk, or to a terminal that is gone, is lost; the services go on."""
        try:
            yield
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EPIPE}:
                raise

    def _draw(self, status: RunStatus) -> None:
        if self._live is not None:
            self._live.update(
                Group(build_table(COLUMNS, rows(status), self._console.width), _addresses(status)),
                refresh=True,
            )
            return
        for service in status.services:
            if self._states.get(service.name) != service.state:
                self._states[service.name] = service.state
                self._console.print(f"{service.name}: {service.state}", highlight=False)
        if status.ready and not self._greeted:
            self._greeted = True
            self._console.print(_addresses(status))


class Announcer:
    """Shows a supervisor's status and reports the end of the start once: all answer, or one failed."""

    def __init__(
        self,
        view: View,
        *,
        ready: Callable[[], None],
        failed: Callable[[ServiceStatus], None],
    ) -> None:
        self._view = view
        self._ready = ready
        self._failed = failed
        self.is_announced = False

    def show(self, status: RunStatus) -> None:
        self._view.show(status)
        if self.is_announced:
            return
        down = [service for service in status.services if service.state is State.FAILED]
        if down:
            self.is_announced = True
            self._failed(down[0])
        elif status.ready:
            self.is_announced = True
            self._ready()


class StartProgress:
    """What a start in the background waits for: a line at each change, and every few seconds."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._began_s = clock()
        self._lines = ProgressLines(clock)
        self._waits_for = ""

    def show(self, status: RunStatus | None) -> None:
        """Print what does not answer yet; None before the supervisor has started anything."""
        services = status.services if status else ()
        silent = [service.name for service in services if service.state is not State.RUNNING]
        if status and not silent:
            return
        waits_for = ", ".join(silent) or "the supervisor"
        changed, self._waits_for = waits_for != self._waits_for, waits_for
        self._lines.show(
            f"{self._clock() - self._began_s:3.0f} s  waiting for {waits_for}", must_show=changed
        )


def _addresses(status: RunStatus) -> Text:
    api = f"api {status.api}\n" if status.api else ""
    return Text(f"{api}Flower {status.flower}   Redis {status.redis}   stop with Ctrl-C or `fluxagents down`")
