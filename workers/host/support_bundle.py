"""One file for whoever helps: checks, settings, metrics and the ends of the logs, without secrets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from redis.exceptions import RedisError

from fluxagents.flows.errors import FluxError
from fluxagents.workers.files.message_keys import load_message_keys
from fluxagents.workers.host.checks import CheckResult
from fluxagents.workers.host.metrics_page import open_metrics
from fluxagents.workers.machine.private_files import write_private
from fluxagents.workers.observing.secret_mask import SecretMask, build_mask
from fluxagents.workers.redis import connection
from fluxagents.workers.settings import Settings

LOG_BYTES = 200_000
"""Of the end of each log."""


def write_bundle(path: Path, settings: Settings, results: Sequence[CheckResult]) -> list[str]:
    """Write the file, for its owner alone; returns the names of what is in it.

    Args:
        path: A zip file, which is written over.
        settings: Of the installation.
        results: What `doctor` found.

    Raises:
        OSError: It cannot be written.
    """
    mask = hide_all(settings)
    write_private(path, "")
    with ZipFile(path, "w", ZIP_DEFLATED) as bundle:
        for name, text in _parts(settings, results):
            bundle.writestr(name, mask.hide(text))
        return bundle.namelist()


def hide_all(settings: Settings) -> SecretMask:
    """A mask of every secret that is found in settings, files of the data folder and the URL of Redis."""
    secrets: list[str] = []
    try:
        secrets.append(connection.redis_url(settings))
        keys = load_message_keys(settings)
        secrets += keys.texts if keys else ()
    except FluxError:
        pass  # there is no such secret then, and the checks say so
    files = [*settings.data_dir.glob("*.password"), *settings.data_dir.glob("*.key")]
    secrets += [line for file in files for line in file.read_text(errors="replace").split()]
    return build_mask(settings, *secrets)


def _parts(settings: Settings, results: Sequence[CheckResult]) -> Iterator[tuple[str, str]]:
    yield "checks.json", _json([result.model_dump(mode="json") for result in results])
    yield "settings.json", _json(settings.model_dump(mode="json"))
    try:
        with connection.connect(settings) as redis:
            yield "metrics.txt", open_metrics(settings, redis).write()[0].decode()
    except (FluxError, RedisError) as error:
        yield "metrics.txt", f"not read: {error}\n"
    for log in sorted(settings.log_dir.glob("*.log")):
        yield f"logs/{log.name}", _read_end(log)


def _read_end(log: Path) -> str:
    """The last lines. The first one is whole: no mask knows the second half of a secret."""
    with log.open("rb") as file:
        start = log.stat().st_size - LOG_BYTES
        if start > 0:
            file.seek(start - 1)
            file.readline()
        return file.read().decode(errors="replace")


def _json(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
