"""`fluxagents errors`: what goes wrong most often, and what helps."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.flows.ports.remedy_book import RemedyBook
from fluxagents.flows.remedies import Count, ErrorRecord
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json, print_table
from fluxagents.workers.composition import build_remedies, redis_client
from fluxagents.workers.settings import Settings


@click.group(epilog=examples("fluxagents errors top", "fluxagents errors show 3f2a9c0b71de"))
def errors() -> None:
    """Show the errors of ended runs, and the remedies that success followed.

    Errors that differ in quoted values and numbers only share a fingerprint. A remedy that has helped often
    enough is suggested when the error occurs again. An error that did not occur for 90 days is forgotten.
    """


def _remedy_book() -> RemedyBook:
    settings = Settings.load()
    return build_remedies(settings, redis_client(settings))


@errors.command(
    epilog=examples("fluxagents errors top", "fluxagents errors top --kind medium --most 5 --json")
)
@click.option("--kind", help="Only errors of this kind, such as 'unknown_id' or 'timeout'.")
@click.option(
    "--most", "limit", type=click.IntRange(min=1), default=20, show_default=True, help="Errors to show."
)
@json_option
def top(kind: str | None, limit: int, as_json: bool) -> None:
    """List the errors that occur most often."""
    _check_kind(kind)
    records = [record for record in _remedy_book().records() if kind in {None, record.kind}][:limit]
    if as_json:
        print_json([_document(record) for record in records])
        return
    print_table(
        ("fingerprint", "kind", "times", "resolved", "message"),
        [
            (
                record.fingerprint,
                record.kind,
                record.times,
                f"{record.resolved} of {record.cases}",
                f"{record.where}: {record.message}",
            )
            for record in records
        ],
        empty="no ended run had an error",
        cut_last=True,
    )


@errors.command(epilog=examples("fluxagents errors show 3f2a9c0b71de --json"))
@click.argument("fingerprint")
@json_option
def show(fingerprint: str, as_json: bool) -> None:
    """Show the error with this FINGERPRINT and every remedy that was tried, with its success rate."""
    record = _find_record(_remedy_book(), fingerprint)
    if as_json:
        print_json(_document(record))
        return
    echo(f"{record.kind} at {record.where}: {record.message}")
    echo(f"occurred {record.times} times in {record.cases} cases, {record.resolved} of them resolved")
    print_table(
        ("remedy", "tried", "helped", "rate"),
        [
            (remedy, count.tried, count.helped, f"{count.rate:.0%}")
            for remedy, count in sorted(record.remedies.items(), key=_by_success)
        ],
        empty="nothing was tried",
    )


def _by_success(item: tuple[str, Count]) -> tuple[float, int, str]:
    remedy, count = item
    return (-count.rate, -count.helped, remedy)


def _check_kind(kind: str | None) -> None:
    if kind is not None and kind not in set(ErrorClass):
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"there is no kind of error '{kind}'",
            suggestions=nearest(kind, ErrorClass) or (f"one of: {', '.join(ErrorClass)}",),
        )


def _find_record(book: RemedyBook, fingerprint: str) -> ErrorRecord:
    record = book.record(fingerprint)
    if record is None:
        raise FluxError(
            ErrorClass.UNKNOWN_ID,
            f"no error with fingerprint '{fingerprint}' is remembered",
            suggestions=("`fluxagents errors top` lists the errors",),
        )
    return record


def _document(record: ErrorRecord) -> dict[str, Any]:
    remedies = {
        remedy: {**asdict(count), "success_rate": count.rate} for remedy, count in record.remedies.items()
    }
    best = record.best
    return {**asdict(record), "remedies": remedies, "suggested": best[0] if best else None}
