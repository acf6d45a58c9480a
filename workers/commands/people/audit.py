"""`fluxagents audit`: who did what, and whether the log of it is whole."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable
from pathlib import Path

import click
from pydantic import ValidationError

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.flows.people.audit import AuditEntry, AuditHead, check_entries
from fluxagents.flows.ports.audit_log import AuditLog
from fluxagents.scheduler.people.audit_trail import AuditTrail
from fluxagents.workers.commands.command_client import open_authority
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import count_text, echo, print_json, print_table
from fluxagents.workers.commands.display.times import format_date
from fluxagents.workers.files.audit_segments import AuditSegmentFiles
from fluxagents.workers.settings import Settings

LOG = Resource(kind="audit log", id="entries")

ELSEWHERE = (
    "the oldest entries have left Redis, and are not here: is FLUXAGENTS_STORE_URL that of the workers?"
)

NOT_WHOLE = 1
"""Exit status of `verify` for a log that was tampered with."""


@click.group(
    epilog=examples(
        "fluxagents audit list",
        "fluxagents audit export --output audit.jsonl",
        "fluxagents audit verify",
        "fluxagents audit verify --file audit.jsonl",
    )
)
def audit() -> None:
    """List what people did, export it, and check that nobody has changed the log of it."""


@audit.command(
    "list", epilog=examples("fluxagents audit list --limit 100", "fluxagents audit list --by ana --json")
)
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="Entries at most.")
@click.option("--by", "by_name", help="Only what this person or service did, or others in their name.")
@json_option
def list_entries(limit: int, by_name: str | None, as_json: bool) -> None:
    """List the newest entries, the newest first."""
    trail, _ = _open()
    if by_name is None:
        entries = trail.newest(limit)
    else:
        wanted = (entry for entry in trail.entries() if by_name in _names(entry))
        entries = list(deque(wanted, maxlen=limit))[::-1]
    if as_json:
        print_json([entry.model_dump(mode="json") for entry in entries])
        return
    print_table(
        ("no", "time (UTC)", "who", "what", "on", "proof"),
        [
            (
                str(entry.number),
                format_date(entry.at_ms),
                " for ".join(filter(None, _names(entry))),
                entry.act.action,
                str(entry.act.on),
                f"{entry.act.channel}, {entry.act.proof}",
            )
            for entry in entries
        ],
        empty="nobody has done anything yet",
    )


def _names(entry: AuditEntry) -> tuple[str, str]:
    return entry.act.by, entry.act.for_person


@audit.command(epilog=examples("fluxagents audit export --output audit.jsonl"))
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Instead of standard output.")
@click.option("--after", type=click.IntRange(0), default=0, help="Only entries with a higher number.")
def export(output: Path | None, after: int) -> None:
    """Write the log as one JSON document per line, the oldest entry first."""
    trail, _ = _open()
    if output is None:
        for entry in trail.entries(after=after):
            sys.stdout.write(entry.model_dump_json() + "\n")
        return
    count = 0
    with output.open("w", encoding="utf-8") as file:
        for entry in trail.entries(after=after):
            file.write(entry.model_dump_json() + "\n")
            count += 1
    echo(f"{output}: {count_text(count, 'entry', 'entries')}", err=True)


@audit.command(
    epilog=examples("fluxagents audit verify", "fluxagents audit verify --file audit.jsonl --json")
)
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="An export, instead of the log.",
)
@click.option(
    "--head", "known", metavar="NUMBER:DIGEST", help="A last entry that was noted earlier, outside of Redis."
)
@json_option
def verify(file: Path | None, known: str | None, as_json: bool) -> int:
    """Check that no entry was changed, removed or moved. Exit status: 0 the log is whole, 1 it is not.

    The last entry that it prints, noted somewhere else and given as --head later, also shows a log that was
    cut and written anew as a whole.
    """
    head = _read_head(known)
    heads, trail = [head] if head else [], None
    if file is not None:
        entries = _read_export(file)
    else:
        trail, log = _open()
        # The head first: what is written meanwhile comes after it.
        heads, entries = [log.head(), *heads], trail.entries()
    check = check_entries(entries, *heads)
    if trail is not None and trail.lacks_archive():
        echo(ELSEWHERE, fg="yellow", err=True)
    if as_json:
        print_json(
            {
                "whole": not check.faults,
                "entries": check.entries,
                "head": str(check.last),
                "faults": [*check.faults],
            }
        )
    elif check.faults:
        for fault in check.faults:
            echo(fault)
    else:
        echo(f"{count_text(check.entries, 'entry', 'entries')}, whole; the last is\n{check.last}")
    return NOT_WHOLE if check.faults else 0


def _read_head(text: str | None) -> AuditHead | None:
    if text is None:
        return None
    head = AuditHead.read(text)
    if head is None:
        raise click.BadParameter(f"{text!r} is not NUMBER:DIGEST, as `fluxagents audit verify` prints it")
    return head


def _read_export(file: Path) -> Iterable[AuditEntry]:
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                yield AuditEntry.model_validate_json(line)
            except ValidationError as error:
                raise FluxError(
                    ErrorClass.SCHEMA,
                    f"{file}:{number}: no entry of an audit log: {error.errors()[0]['msg']}",
                    suggestions=("`fluxagents audit export` writes such a file",),
                ) from error


def _open() -> tuple[AuditTrail, AuditLog]:
    """The whole log and its part in Redis, after a look whether whoever runs this command may read it."""
    settings = Settings.load()
    authority = open_authority(settings)
    authority.permit(Action.AUDIT_READ, LOG)
    return AuditTrail(authority.log, AuditSegmentFiles(settings.artifact_url)), authority.log
