"""The one schema of log lines: names of the Elastic Common Schema, `fluxagents.` before what it lacks.

See https://www.elastic.co/guide/en/ecs/current/ecs-field-reference.html.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Mapping
from functools import cache
from typing import Any

from structlog.typing import EventDict

from fluxagents.workers.observing.run_lines import name_run

ECS_VERSION = "8.17"

NAMES: Mapping[str, str] = {
    "timestamp": "@timestamp",
    "level": "log.level",
    "event": "message",
    "logger": "log.logger",
    "trace": "trace.id",
    "by": "user.name",
    "request": "http.request.id",
    "method": "http.request.method",
    "path": "url.path",
    "exception": "error.stack_trace",
    "error": "error.message",
    "stack": "error.stack",
}
"""What loggers here say -> what the schema calls it. The first three come first in a line."""

_TRACE = re.compile(r"'trace': '([0-9a-f]{32})'")
"""In what Celery shows of a step's arguments."""

PREFIX = "fluxagents."
_find_host = cache(socket.gethostname)
_HEAD = ("timestamp", "level", "event")


def name_fields(_: object, __: str, entry: EventDict) -> EventDict:
    """An entry under the names of the schema."""
    head = {NAMES[name]: entry[name] for name in _HEAD if name in entry}
    rest = {NAMES.get(name, f"{PREFIX}{name}"): value for name, value in entry.items() if name not in _HEAD}
    process = {"host.name": _find_host(), "process.pid": os.getpid()}
    return {**head, **rest, **process, "service.name": "fluxagents", "ecs.version": ECS_VERSION}


def name_task(_: object, __: str, entry: EventDict) -> EventDict:
    """Celery's own words about a step under the run and the step that they are about."""
    task: Any = getattr(entry.get("_record"), "data", None)
    run, step = name_run(task)
    if not run or not task or "run" in entry:
        return entry
    shown = _TRACE.search(str(task.get("kwargs", "")))
    return {**entry, "run": run, "step": step} | ({"trace": shown[1]} if shown else {})
