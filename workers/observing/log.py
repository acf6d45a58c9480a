"""Logs: one JSON object a line in production, readable on a terminal, each with its run and step."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from textwrap import indent
from typing import Any, TextIO

import structlog
from celery.signals import setup_logging, worker_process_init
from structlog.typing import EventDict, Processor

from fluxagents.flows.texts.display import escape_json, visible
from fluxagents.workers.observing.log_link import LogLink
from fluxagents.workers.observing.log_schema import name_fields, name_task
from fluxagents.workers.observing.run_lines import RunLines
from fluxagents.workers.observing.secret_mask import SecretMask
from fluxagents.workers.settings import Settings

_TRACEBACK = structlog.processors.ExceptionRenderer()
"""Without the values of variables: passwords are among them, and whole states."""

_BEFORE: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(allow=("runs", "replicas", "wanted")),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
)
"""What every entry gets, whether it comes from structlog or from the standard library."""

MANY_LINES = frozenset({"event", "exception", "stack"})
"""Fields that are shown in lines, such as a traceback or what Celery says when it starts."""

MARGIN = "    "

CHATTY = ("cobra", "celery.beat", "celery.worker.strategy")
"""Libraries that say at INFO, many times a minute, what the events of a run say better."""


class _Masked(logging.Formatter):
    """A formatter whose lines hold no secret; a record that several handlers write is formatted once."""

    def __init__(self, inner: logging.Formatter, mask: SecretMask) -> None:
        super().__init__()
        self._inner = inner
        self._mask = mask
        self._latest: tuple[logging.LogRecord | None, str] = (None, "")

    def format(self, record: logging.LogRecord) -> str:
        latest = self._latest
        if latest[0] is not record:
            latest = self._latest = (record, self._mask.hide(self._inner.format(record)))
        return latest[1]


def configure(settings: Settings, mask: SecretMask, stream: TextIO | None = None) -> logging.Formatter:
    """Send every log of this process through one formatter.

    Args:
        settings: Format and level.
        mask: Hides secrets.
        stream: Where to; standard error by default.

    Returns:
        What makes the JSON of a line, for those who keep lines as well.
    """
    target = stream or sys.stderr
    pretty = settings.log_format == "pretty" or (settings.log_format == "auto" and target.isatty())
    handler = logging.StreamHandler(target)
    as_json = _Masked(_formatter(pretty=False), mask)
    handler.setFormatter(_Masked(_formatter(pretty=True), mask) if pretty else as_json)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    for name in CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[*_BEFORE, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    return as_json


@contextmanager
def bind(**names: Any) -> Iterator[None]:
    """Every entry inside carries these names, such as `run` and `step`."""
    with structlog.contextvars.bound_contextvars(**names):
        yield


def follow_celery(settings: Settings, mask: SecretMask, link: Callable[[RunLines], LogLink]) -> None:
    """Let Celery's workers and beat log through `configure` instead of through their own handlers.

    Args:
        settings: Format and level.
        mask: Hides secrets.
        link: What ties the logs of a process to those of all others.
    """

    def receive(**_: Any) -> None:
        tie = link(RunLines(configure(settings, mask)))
        tie.start()
        worker_process_init.connect(lambda **_: tie.start(), weak=False, dispatch_uid="fluxagents.log.child")

    setup_logging.connect(receive, weak=False, dispatch_uid="fluxagents.log")


def _formatter(*, pretty: bool) -> logging.Formatter:
    if pretty:
        return structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=list(_BEFORE),
            processors=[
                name_task,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _TRACEBACK,
                _make_visible,
                structlog.dev.ConsoleRenderer(),
            ],
        )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=list(_BEFORE),
        processors=[
            name_task,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _TRACEBACK,
            name_fields,
            structlog.processors.JSONRenderer(default=str, ensure_ascii=False),
            _escape,
        ],
    )


def _make_visible(_: object, __: str, entry: EventDict) -> EventDict:
    """Ids and errors come from outside: none of them looks like an entry of its own, or colours one."""
    return {name: _show(name, value) if isinstance(value, str) else value for name, value in entry.items()}


def _show(name: str, value: str) -> str:
    # What has lines of its own keeps them, further right than entries begin.
    return indent(visible(value), MARGIN).strip() if name in MANY_LINES else visible(value, layout="")


def _escape(_: object, __: str, line: Any) -> str:
    return escape_json(str(line))
