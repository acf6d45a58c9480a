"""`fluxagents triggers deliveries`, `replay`, `preview` and `rotate`: what others posted for a trigger."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from fluxagents.scheduler.schedules.grid import every
from fluxagents.scheduler.triggers.deliveries import Preview
from fluxagents.scheduler.triggers.intake.delivery import Delivery
from fluxagents.workers.commands.display.options import examples, json_option, parse_texts
from fluxagents.workers.commands.display.output import echo, print_json, print_table
from fluxagents.workers.commands.display.times import format_date, format_time
from fluxagents.workers.commands.triggers import trigger_access

SECRET_VARIABLE = "FLUXAGENTS_TRIGGER_SECRET"  # noqa: S105 # the name of the variable


@click.command(
    epilog=examples(
        "fluxagents triggers deliveries pushes",
        "fluxagents triggers deliveries pushes --limit 50 --json",
    )
)
@click.argument("name")
@click.option(
    "--limit", type=click.IntRange(1, 1_000), default=20, show_default=True, help="The newest ones."
)
@json_option
def deliveries(name: str, limit: int, as_json: bool) -> None:
    """Show what was posted for the trigger NAME, the newest first: at least the last 1,000, up to 64 MB."""
    found = trigger_access.open_deliveries().list(name, limit=limit)
    if as_json:
        print_json([_document(delivery) for delivery in found])
        return
    print_table(
        ("delivery", "at (UTC)", "status", "run", "again", "note"),
        [
            (
                delivery.id,
                format_date(delivery.came_ms),
                delivery.status,
                delivery.run_id,
                delivery.repeats or "",
                delivery.note,
            )
            for delivery in found
        ],
        empty=f"nothing was posted for {name} yet",
    )


@click.command(epilog=examples("fluxagents triggers replay pushes msg_kq2zv5yw4m3kx7h2"))
@click.argument("name")
@click.argument("delivery")
@json_option
def replay(name: str, delivery: str, as_json: bool) -> None:
    """Let DELIVERY start a run of the trigger NAME again, as the trigger is now."""
    occurrence = trigger_access.open_deliveries().replay(name, delivery)
    if as_json:
        print_json({"occurrence": occurrence})
    else:
        echo(f"{occurrence} is looked at within seconds, if workers run")


@click.command(
    epilog=examples(
        "fluxagents triggers preview pushes",
        "fluxagents triggers preview pushes --when \"payload.ref == 'refs/heads/main'\"",
        "fluxagents triggers preview pushes --payload push.json --header x-github-event=push",
    )
)
@click.argument("name")
@click.option(
    "--last", type=click.IntRange(1, 50), default=5, show_default=True, help="So many of the last deliveries."
)
@click.option(
    "--payload",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Instead of these, a JSON file with what could be posted.",
)
@click.option("--header", "headers", multiple=True, metavar="NAME=TEXT", help="With --payload: a header.")
@click.option("--when", help="Another condition.")
@click.option("--model-from", help="Another expression for the model.")
@click.option("--expression", "texts", multiple=True, metavar="NAME=TEXT", help="Other inputs.")
@json_option
def preview(
    name: str,
    last: int,
    payload: Path | None,
    headers: tuple[str, ...],
    when: str | None,
    model_from: str | None,
    texts: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show what the last deliveries would start of the trigger NAME; nothing starts.

    With another condition or other expressions it is tried how the trigger would be with them.
    """
    previews = trigger_access.open_deliveries().preview(
        name,
        limit=last,
        payload=_read_payload(payload) if payload else None,
        headers={key.lower(): value for key, value in parse_texts(headers).items()},
        when=when,
        model_from=model_from,
        expressions=parse_texts(texts) if texts else None,
    )
    if as_json:
        print_json([_preview_document(each) for each in previews])
        return
    print_table(
        ("delivery", "at (UTC)", "starts", "model", "inputs", "why not"),
        [
            (
                each.delivery,
                format_date(each.came_ms),
                each.flow if each.fires else "",
                each.model,
                json.dumps(each.inputs, ensure_ascii=False) if each.inputs else "",
                each.note,
            )
            for each in previews
        ],
        empty=f"nothing was posted for {name} yet; --payload tries a file",
    )


@click.command(epilog=examples("fluxagents triggers rotate pushes --overlap 2d"))
@click.argument("name")
@click.option(
    "--overlap", default="1d", show_default=True, help="How long the old secret counts as well: 2h, 1d …"
)
@click.option("--secret", envvar=SECRET_VARIABLE, help="One that the sender has.  [default: one is made]")
@json_option
def rotate(name: str, overlap: str, secret: str | None, as_json: bool) -> None:
    """Give the trigger NAME a new secret, and print it. Both count until the overlap is over."""
    new = trigger_access.open_deliveries().rotate(name, overlap_s=every(overlap).seconds, secret=secret)
    if as_json:
        print_json({"name": name, "secret": new})
    else:
        print_secret(name, new)


def print_secret(name: str, secret: str) -> None:
    """Print a secret that is shown once, and beside it what it is for."""
    echo(secret)
    echo(f"senders sign what they post for {name} with this secret; it is not shown again", err=True)


def _read_payload(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise click.BadParameter(f"{path} is no JSON: {error}") from error


def _document(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "at": format_time(delivery.came_ms),
        "status": delivery.status,
        "run_id": delivery.run_id or None,
        "note": delivery.note or None,
        "repeats": delivery.repeats,
        "replays": delivery.replays,
        "headers": delivery.headers,
        "body": delivery.body,
    }


def _preview_document(preview: Preview) -> dict[str, Any]:
    return {
        "delivery": preview.delivery,
        "at": format_time(preview.came_ms),
        "fires": preview.fires,
        "note": preview.note or None,
        "flow": preview.flow or None,
        "model": preview.model or None,
        "inputs": preview.inputs,
        "key": preview.key or None,
    }
