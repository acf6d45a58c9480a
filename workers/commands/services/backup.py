"""`backup` and `restore`: an installation as one file."""

from __future__ import annotations

from pathlib import Path

import click

from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import count_text, echo, print_json
from fluxagents.workers.commands.display.slow_notice import notice_when_slow
from fluxagents.workers.host.backup.backup import write_backup
from fluxagents.workers.host.backup.backup_file import STORE, BackupFile, Manifest
from fluxagents.workers.host.backup.restore import restore_backup
from fluxagents.workers.settings import Settings

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(epilog=examples("fluxagents backup monday.backup.zip"))
@click.argument("file", type=FILE)
@json_option
def backup(*, file: Path, as_json: bool) -> None:
    """Write everything that must not be lost into one file, while the services run or not.

    It holds all runs, schedules and prompts as they are at one moment, models, results, and the keys of this
    installation: keep it as you keep a password. Variables of the environment are not in it.
    """
    with notice_when_slow(f"writing {file} …"):
        manifest = write_backup(Settings.load(), file)
    if as_json:
        print_json(_document(file, manifest))
        return
    echo(f"{file}: {_describe(manifest)}")
    for what in manifest.left_out:
        echo(f"  not in it: {what}", err=True)


@click.command(
    epilog=examples(
        "fluxagents restore monday.backup.zip --check",
        "FLUXAGENTS_DATA_DIR=/srv/fluxagents fluxagents restore monday.backup.zip",
    )
)
@click.argument("file", type=FILE)
@click.option("--check", is_flag=True, help="Read and check the file, and write nothing.")
@json_option
def restore(*, file: Path, check: bool, as_json: bool) -> None:
    """Put a backup into an empty data folder; `fluxagents up` then goes on with its runs.

    Every digest is checked first. A Redis that FLUXAGENTS_REDIS_URL names is filled, and must be empty.
    """
    with notice_when_slow(f"reading {file} …"):
        if check:
            with BackupFile(file) as checked:
                manifest = checked.manifest
        else:
            manifest = restore_backup(Settings.load(), file)
    if as_json:
        print_json(_document(file, manifest) | {"restored": not check})
        return
    echo(f"{file}: {_describe(manifest)}; {'every digest is right' if check else 'restored'}")
    for what in manifest.left_out:
        echo(f"  not in it: {what}", err=True)


def _document(file: Path, manifest: Manifest) -> dict[str, object]:
    kept = manifest.model_dump(mode="json", exclude={"members"})
    return {"file": str(file), **kept, "members": len(manifest.members), "size_bytes": manifest.size_bytes}


def _describe(manifest: Manifest) -> str:
    stored = sum(name.startswith(f"{STORE}/") for name in manifest.members)
    return (
        f"Redis as of {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC, {count_text(stored, 'file')} of the store, "
        f"{manifest.size_bytes / 1e6:.1f} MB"
    )
