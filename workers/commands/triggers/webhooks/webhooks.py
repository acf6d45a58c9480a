"""`fluxagents webhooks`: addresses that are told of events, and what was sent to them."""

from __future__ import annotations

from typing import Any

import click

from fluxagents.scheduler.schedules.grid import every
from fluxagents.scheduler.webhooks.endpoint import EVENT_TYPES, EndpointForm
from fluxagents.scheduler.webhooks.webhooks import WebhookStatus
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json, print_table
from fluxagents.workers.commands.display.times import format_date, format_time
from fluxagents.workers.commands.triggers.webhooks import webhook_access
from fluxagents.workers.commands.triggers.webhooks.deliveries import deliveries, resend
from fluxagents.workers.files.remote_files import hide_secrets


@click.group(
    epilog=examples(
        "fluxagents webhooks add lab https://lab.example.org/hooks --event 'run.*'",
        "fluxagents webhooks list",
        "fluxagents webhooks test lab",
        "fluxagents webhooks deliveries lab",
        "fluxagents webhooks rotate lab",
    )
)
def webhooks() -> None:
    """List, add, test and remove webhooks: addresses that are told of events by signed messages."""


webhooks.add_command(deliveries)
webhooks.add_command(resend)


@webhooks.command(
    epilog=examples(
        "fluxagents webhooks add lab https://lab.example.org/hooks",
        "fluxagents webhooks add nightly https://lab.example.org/hooks --event run.failed --event run.dead "
        "--session schedule:nightly",
        f"events: {', '.join(EVENT_TYPES)}",
    )
)
@click.argument("name")
@click.argument("url")
@click.option(
    "--event",
    "events",
    multiple=True,
    default=("*",),
    show_default="all",
    help="A type of event, or a pattern such as 'run.*'.",
)
@click.option(
    "--as",
    "form",
    type=click.Choice(["standard", "github"]),
    default="standard",
    show_default=True,
    help="What URL takes: signed messages, or statuses of commits of a repository.",
)
@click.option("--session", default="", help="Only events of this session.")
@click.option("--flow", help="Only events of runs of this flow.")
@click.option("--secret", envvar="FLUXAGENTS_WEBHOOK_SECRET", help="One that the receiver has, or its token.")
@click.option("--replace", is_flag=True, help="Replace the webhook of this name, with its messages.")
@json_option
def add(
    name: str,
    url: str,
    events: tuple[str, ...],
    form: EndpointForm,
    session: str,
    flow: str | None,
    secret: str | None,
    replace: bool,
    as_json: bool,
) -> None:
    """Tell URL of events from now on, under NAME; prints the secret, which is not shown again.

    Messages are signed as Standard Webhooks says, so that the receiver knows who sent them. One that is not
    taken (2xx) is tried again for three days. Private addresses are refused unless FLUXAGENTS_WEBHOOK_HOSTS
    names their host.

    With --as github URL is a repository, such as https://api.github.com/repos/OWNER/NAME, and --secret a
    token that may read its contents and write commit statuses. Triggers read files from it, and tell it how
    their runs went: see `triggers add --help`.
    """
    endpoint = webhook_access.open_webhooks().add(
        name, url, events=events, form=form, session=session, flow=flow or "", secret=secret, replace=replace
    )
    if form == "standard":
        _print_secret(name, endpoint.secrets[0].text, as_json=as_json)
    elif as_json:
        print_json({"name": name})
    else:
        echo(f"{name}: triggers may read files of {hide_secrets(endpoint.url)} and tell it of its commits")


@webhooks.command("list", epilog=examples("fluxagents webhooks list --json"))
@json_option
def list_webhooks(as_json: bool) -> None:
    """List the webhooks, with what waits and what came of the last attempt."""
    statuses = webhook_access.open_webhooks().list()
    if as_json:
        print_json([_document(status) for status in statuses])
        return
    print_table(
        ("webhook", "address", "events", "status", "pending", "last attempt (UTC)", "result"),
        [
            (
                status.endpoint.name,
                hide_secrets(status.endpoint.url),
                ", ".join(status.endpoint.events),
                status.endpoint.status,
                status.pending,
                format_date(status.last.at_ms) if status.last else "",
                (status.last.error or f"HTTP {status.last.status}") if status.last else "",
            )
            for status in statuses
        ],
        empty="no webhooks; `fluxagents webhooks add --help` shows how to add one",
    )


@webhooks.command(epilog=examples("fluxagents webhooks show lab --json"))
@click.argument("name")
@json_option
def show(name: str, as_json: bool) -> None:
    """Show the webhook NAME, without its secret."""
    document = _document(webhook_access.open_webhooks().get(name))
    if as_json:
        print_json(document)
    else:
        rows = [(key, "" if value is None else value) for key, value in document.items()]
        print_table(("what", "value"), rows)


@webhooks.command(epilog=examples("fluxagents webhooks remove lab"))
@click.argument("name")
@json_option
def remove(name: str, as_json: bool) -> None:
    """Remove the webhook NAME, with the messages that it has not got yet."""
    webhook_access.open_webhooks().remove(name)
    if as_json:
        print_json({"removed": name})
    else:
        echo(f"removed {name}")


@webhooks.command(epilog=examples("fluxagents webhooks test lab"))
@click.argument("name")
@click.pass_context
@json_option
def test(context: click.Context, name: str, as_json: bool) -> None:
    """Send a message of type webhook.test to NAME now, from here; exit status 1 if it is not taken."""
    response = webhook_access.open_webhooks().test(name)
    if as_json:
        print_json(
            {
                "taken": response.is_taken,
                "status": response.status or None,
                "error": response.error or None,
                "duration_ms": response.duration_ms,
            }
        )
    else:
        verdict = "taken" if response.is_taken else "not taken"
        echo(f"{verdict}: {response} after {response.duration_ms} ms")
    context.exit(0 if response.is_taken else 1)


@webhooks.command(epilog=examples("fluxagents webhooks rotate lab --overlap 2d"))
@click.argument("name")
@click.option(
    "--overlap", default="1d", show_default=True, help="How long the old secret signs as well: 2h, 1d …"
)
@click.option("--secret", envvar="FLUXAGENTS_WEBHOOK_SECRET", help="The new one, or the new token.")
@json_option
def rotate(name: str, overlap: str, secret: str | None, as_json: bool) -> None:
    """Give NAME a new secret, and print it. Messages carry both signatures until the overlap is over."""
    endpoint = webhook_access.open_webhooks().rotate(name, overlap_s=every(overlap).seconds, secret=secret)
    if endpoint.form == "github":
        if as_json:
            print_json({"name": name})
        else:
            echo(f"{name} is shown the new token from now on")
        return
    _print_secret(name, endpoint.secrets[0].text, as_json=as_json)


@webhooks.command(epilog=examples("fluxagents webhooks enable lab"))
@click.argument("name")
@json_option
def enable(name: str, as_json: bool) -> None:
    """Tell NAME of events again, which answered 410 (gone) and was told of nothing since."""
    webhook_access.open_webhooks().enable(name)
    if as_json:
        print_json({"enabled": name})
    else:
        echo(f"enabled {name}; `fluxagents webhooks resend {name} ID` sends what it did not get")


def _print_secret(name: str, secret: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"name": name, "secret": secret})
    else:
        echo(secret)
        echo(f"{name} signs with this secret; the receiver needs it, and it is not shown again", err=True)


def _document(status: WebhookStatus) -> dict[str, Any]:
    endpoint, last = status.endpoint, status.last
    old = [secret.until_ms for secret in endpoint.secrets if secret.until_ms]
    return {
        "name": endpoint.name,
        "form": endpoint.form,
        "url": hide_secrets(endpoint.url),
        "events": list(endpoint.events),
        "session": endpoint.session or None,
        "flow": endpoint.flow or None,
        "status": endpoint.status,
        "pending": status.pending,
        "owner": endpoint.owner,
        "created": format_time(endpoint.created_ms),
        "old_secret_until": format_time(old[0]) if old else None,
        "last_attempt": format_time(last.at_ms) if last else None,
        "last_result": (last.error or f"HTTP {last.status}") if last else None,
    }
