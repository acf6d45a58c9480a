"""Puts a backup into an installation that is empty and does not run; its files whole or not at all."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from redis import Redis

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.archive.checked_zip import Member, read_chunks
from fluxagents.workers.composition import redis_client
from fluxagents.workers.files.local_root import MARKER
from fluxagents.workers.files.remote_files import hide_secrets
from fluxagents.workers.files.stored_bytes import PROBE
from fluxagents.workers.host import run_file
from fluxagents.workers.host.backup.backup_file import (
    FILES,
    FOLDERS,
    SNAPSHOT,
    STORE,
    BackupFile,
    Manifest,
    write_through,
)
from fluxagents.workers.host.data_folder import find_store_folder, prepare
from fluxagents.workers.machine.private_files import make_private_folder
from fluxagents.workers.redis.connection import connect
from fluxagents.workers.redis.embedded_redis import EmbeddedRedis
from fluxagents.workers.redis.snapshots.snapshot import restore_snapshot
from fluxagents.workers.settings import ENV_PREFIX, Settings

DATA = "data"
REDIS = "redis"
STAGING = ".restoring"
"""Where everything is unpacked before it is moved to its place."""


def restore_backup(settings: Settings, path: Path) -> Manifest:
    """Check a backup and put it into an empty installation, whose runs go on when its services start.

    Args:
        settings: Of the installation: an empty data folder, and an empty Redis if they name one.
        path: The file that `write_backup` wrote.

    Returns:
        What was in it.

    Raises:
        FluxError: The file is damaged; the installation runs, is not empty or has another key prefix.
        OSError: Something cannot be written. The data folder then is as empty as before; a Redis that the
            settings name may hold a part of the keys.
    """
    with BackupFile(path) as backup:
        _check_prefix(settings, backup.manifest)
        prepare(settings)
        with run_file.hold_lock(settings.run_file):
            _check_empty(settings)
            with ExitStack() as stack:
                roots = _find_roots(settings, backup.manifest)
                staging = {part: stack.enter_context(_make_staging(root)) for part, root in roots.items()}
                _unpack(backup, staging)
                _restore_redis(settings, staging[DATA], backup.manifest.database)
                for folder in staging.values():
                    _move_into_place(folder)
        return backup.manifest


def _check_prefix(settings: Settings, manifest: Manifest) -> None:
    if manifest.key_prefix != settings.key_prefix:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"the keys of this backup begin with {manifest.key_prefix!r}, those of this installation with "
            f"{settings.key_prefix!r}",
            suggestions=[f"set {ENV_PREFIX}KEY_PREFIX={manifest.key_prefix}"],
        )


def _find_roots(settings: Settings, manifest: Manifest) -> dict[str, Path]:
    """The folders into which the two parts of a backup go."""
    store = find_store_folder(settings)
    if store is not None:
        return {DATA: settings.data_dir, STORE: store}
    if any(name.startswith(f"{STORE}/") for name in manifest.members):
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"the backup holds models and artifacts, and those of this installation lie in "
            f"{hide_secrets(settings.artifact_url)}",
            suggestions=["restore with a folder as FLUXAGENTS_STORE_URL and copy that to the bucket"],
        )
    return {DATA: settings.data_dir}


@contextmanager
def _make_staging(folder: Path) -> Iterator[Path]:
    """A folder beside what it will become, gone in the end."""
    staging = folder / STAGING
    shutil.rmtree(staging, ignore_errors=True)  # of a restore that was killed
    make_private_folder(staging)
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _check_empty(settings: Settings) -> None:
    places = [settings.data_dir / name for name in (*FILES, *FOLDERS)]
    if settings.redis_url is None:
        places.append(settings.redis_dir)
    store = find_store_folder(settings)
    if store is not None:
        places.append(store)
    for place in places:
        if place.is_file() or (place.is_dir() and _holds_files(place)):
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"{place} is there already, and a backup is restored into an empty installation only",
                suggestions=["move it away, or name another folder in FLUXAGENTS_DATA_DIR"],
            )


def _holds_files(folder: Path) -> bool:
    return any(path.name not in {MARKER, PROBE, STAGING} for path in folder.iterdir())


def _unpack(backup: BackupFile, staging: Mapping[str, Path]) -> None:
    for name, expected in backup.manifest.members.items():
        first, _, rest = name.partition("/")
        root, path = (staging[STORE], rest) if first == STORE else (staging[DATA], name)
        with backup.open(name) as source, _create(root, PurePosixPath(path)) as target:
            written = Member.of(write_through(read_chunks(source), target))
        if written != expected:
            raise FluxError(ErrorClass.SCHEMA, f"the backup was changed while {name!r} was read from it")


def _create(staging: Path, path: PurePosixPath) -> IO[bytes]:
    """A new file, with the permissions of the folder that it goes to: a store may be shared."""
    mode = stat.S_IMODE(staging.parent.stat().st_mode)
    for folder in reversed(path.parents[:-1]):
        if not (staging / folder).is_dir():
            (staging / folder).mkdir()
            (staging / folder).chmod(mode)
    file = (staging / path).open("xb")
    os.fchmod(file.fileno(), mode & 0o666)
    return file


def _restore_redis(settings: Settings, staging: Path, database: int) -> None:
    """Fill the Redis that the settings name, or a folder for the embedded one."""
    snapshot = staging / SNAPSHOT
    if settings.redis_url is not None:
        connect(settings).close()
        with redis_client(settings) as target:
            restore_snapshot(snapshot, target, database=database)
    else:
        with EmbeddedRedis(staging / REDIS) as server, Redis.from_url(server.url) as target:
            restore_snapshot(snapshot, target, database=database)
    snapshot.unlink()


def _move_into_place(staging: Path) -> None:
    """Rename what was unpacked: nothing is copied, so nothing is cut off."""
    for entry in staging.iterdir():
        entry.rename(staging.parent / entry.name)
