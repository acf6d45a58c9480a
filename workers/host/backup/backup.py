"""Writes an installation into one file, while it runs or not.

Redis comes first, as it is at one moment. Models and results are written before Redis names them and are
never changed, so all that the snapshot speaks of is still there when the files are read after it.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO
from uuid import uuid4

from redis import Redis

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.archive.checked_zip import MANIFEST, Member, read_chunks
from fluxagents.workers.files.remote_files import hide_secrets
from fluxagents.workers.host import run_file
from fluxagents.workers.host.backup.backup_file import (
    FILES,
    FOLDERS,
    SNAPSHOT,
    STORE,
    Manifest,
    write_through,
)
from fluxagents.workers.host.data_folder import find_store_folder
from fluxagents.workers.machine.private_files import FILE_MODE
from fluxagents.workers.redis.connection import connect, find_url
from fluxagents.workers.redis.embedded_redis import EmbeddedRedis, running_url
from fluxagents.workers.redis.snapshots.replication import read_snapshot
from fluxagents.workers.settings import Settings

NAMES = "names"
"""The folder of the store whose files name models."""
DRAFT_SUFFIX = ".draft"


def write_backup(settings: Settings, path: Path) -> Manifest:
    """Write everything that an installation must not lose into a new file that only its owner reads.

    Args:
        settings: Of the installation, which may run.
        path: The file.

    Returns:
        What is in it.

    Raises:
        FluxError: The file exists already, its folder does not, or Redis gives no snapshot.
        OSError: The file cannot be written.
    """
    _check_is_new(path)
    draft = path.with_name(f"{path.name}.{uuid4().hex}.draft")
    try:
        with (
            _open_redis(settings) as redis,
            os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "wb") as file,
        ):
            manifest = _write(settings, redis, file)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def _check_is_new(path: Path) -> None:
    if path.exists():
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"file {str(path)!r} exists already, and may be the only good backup",
            suggestions=["choose another name"],
        )
    if not path.parent.is_dir():
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"there is no folder {str(path.parent)!r}",
            suggestions=["make it, for yourself alone: the backup holds the keys of the installation"],
        )


@contextmanager
def _open_redis(settings: Settings) -> Iterator[Redis]:
    """The Redis of the installation; an embedded one that was stopped runs for as long as the block takes."""
    with ExitStack() as stack:
        is_stopped = settings.redis_url is None and running_url(settings.redis_dir) is None
        if is_stopped and settings.redis_dir.is_dir():
            stack.enter_context(run_file.hold_lock(settings.run_file))
            stack.enter_context(EmbeddedRedis(settings.redis_dir))
        yield stack.enter_context(connect(settings))


def _write(settings: Settings, redis: Redis, file: IO[bytes]) -> Manifest:
    # Nothing is packed: Parquet, archived runs and what Redis writes are packed already.
    with zipfile.ZipFile(file, "w") as target:
        taken_at = datetime.now(UTC)
        members = {SNAPSHOT: _add(target, SNAPSHOT, read_snapshot(find_url(settings)))}
        for name, path in _list_files(settings):
            try:
                with path.open("rb") as source:
                    members[name] = _add(target, name, read_chunks(source))
            except FileNotFoundError:
                continue  # removed since it was listed, as a model is with `models remove`
        manifest = Manifest(
            written_by=version("fluxagents"),
            taken_at=taken_at,
            key_prefix=settings.key_prefix,
            database=redis.get_connection_kwargs().get("db", 0),
            left_out=tuple(_list_left_out(settings)),
            members=members,
        )
        target.writestr(MANIFEST, manifest.model_dump_json(indent=1))
    return manifest


def _add(target: zipfile.ZipFile, name: str, chunks: Iterator[bytes]) -> Member:
    with target.open(name, "w", force_zip64=True) as member:
        return Member.of(write_through(chunks, member))


def _list_files(settings: Settings) -> Iterator[tuple[str, Path]]:
    """The name of each member beside the snapshot, and the file that it comes from."""
    store = find_store_folder(settings)
    if store is not None:
        yield from _list_store(store)
    for folder in FOLDERS:
        yield from _walk(folder, settings.data_dir / folder)
    for name in FILES:
        path = settings.data_dir / name
        if path.is_file():
            yield name, path


def _list_store(store: Path) -> Iterator[tuple[str, Path]]:
    # Names are read before models are listed, or one could be of a model that came too late.
    yield from _walk(f"{STORE}/{NAMES}", store / NAMES)
    for folder in sorted(path for path in store.glob("[!.]*") if path.is_dir() and path.name != NAMES):
        yield from _walk(f"{STORE}/{folder.name}", folder)


def _walk(prefix: str, folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != DRAFT_SUFFIX:
            yield f"{prefix}/{path.relative_to(folder).as_posix()}", path


def _list_left_out(settings: Settings) -> Iterator[str]:
    if find_store_folder(settings) is None:
        yield f"models, artifacts and archived runs, in {hide_secrets(settings.artifact_url)}"
    for folder in (settings.flows_dir, settings.media_dir):
        if folder is not None and not folder.is_relative_to(settings.data_dir):
            yield f"the files in {folder}"
    yield "settings, which are variables of the environment"
