"""`fluxagents api-keys`: keys by which programs act for a person or as a service."""

from __future__ import annotations

import click

from fluxagents.flows.people.actions import Scope
from fluxagents.flows.people.api_key import ApiKey
from fluxagents.scheduler.schedules.grid import every
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json, print_table
from fluxagents.workers.commands.display.times import format_date
from fluxagents.workers.commands.people.people_store import open_keys
from fluxagents.workers.machine.clock import SystemClock


@click.group(
    "api-keys",
    epilog=examples(
        "fluxagents api-keys create --purpose 'my notebook' --expires 90d",
        "fluxagents api-keys create --owner ci --scope runs --scope read",
        "fluxagents api-keys list",
        "fluxagents api-keys revoke flux_1f3a90c2",
    ),
)
def api_keys() -> None:
    """Create, list and revoke keys by which programs act: FLUXAGENTS_API_KEY, or Client(key=…)."""


@api_keys.command(
    epilog=examples(
        "fluxagents api-keys create --purpose 'my notebook' --expires 90d",
        "fluxagents api-keys create --owner ci --scope runs --scope read",
    )
)
@click.option("--owner", help="Who acts with it.  [default: you]")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="What it is good for.  [default: all]",
)
@click.option("--expires", metavar="INTERVAL", help="90d, 12h …; without it, it counts until it is revoked.")
@click.option("--purpose", default="", help="What it is for.")
@json_option
def create(
    owner: str | None, scopes: tuple[str, ...], expires: str | None, purpose: str, as_json: bool
) -> None:
    """Create a key and print it, this once: what is kept of it can show it to nobody.

    Whatever its scopes, a key is good for no more than its owner may do.
    """
    keys, authority = open_keys()
    expires_ms = SystemClock().now_ms() + round(every(expires).seconds * 1_000) if expires else 0
    text, key = keys.create(
        authority,
        owner=owner,
        scopes=frozenset(map(Scope, scopes)) or frozenset(Scope),
        expires_ms=expires_ms,
        purpose=purpose,
    )
    if as_json:
        print_json({"key": str(text), **_document(key, "active")})
        return
    echo(str(text))
    until = f"until {format_date(expires_ms)} UTC" if expires_ms else "until it is revoked"
    echo(f"{key.owner} acts with it {until}; it is not shown again", err=True)


@api_keys.command("list", epilog=examples("fluxagents api-keys list", "fluxagents api-keys list --json"))
@json_option
def list_keys(as_json: bool) -> None:
    """List keys, the newest first: an admin sees all, others their own."""
    keys, authority = open_keys()
    now_ms = SystemClock().now_ms()
    shown = [(key, key.status(now_ms)) for key in keys.list(authority)]
    if as_json:
        print_json([_document(key, status) for key, status in shown])
        return
    print_table(
        ("key", "owner", "status", "scopes", "last used (UTC)", "expires (UTC)", "purpose"),
        [
            (
                f"flux_{key.prefix}",
                key.owner,
                status,
                "all" if key.scopes == frozenset(Scope) else ", ".join(sorted(key.scopes)),
                _time(key.last_used_ms),
                _time(key.expires_ms),
                key.purpose,
            )
            for key, status in shown
        ],
        empty="there are no keys",
    )


@api_keys.command(epilog=examples("fluxagents api-keys revoke flux_1f3a90c2"))
@click.argument("key")
@json_option
def revoke(key: str, as_json: bool) -> None:
    """Let a key count no more, at once. KEY is what `list` shows of it."""
    keys, authority = open_keys()
    revoked = keys.revoke(authority, key)
    if as_json:
        print_json(_document(revoked, "revoked"))
    else:
        echo(f"flux_{revoked.prefix} of {revoked.owner} is revoked")


def _time(at_ms: int) -> str:
    return format_date(at_ms)[:16] if at_ms else "never"


def _document(key: ApiKey, status: str) -> dict[str, object]:
    """A key for scripts, without its digest."""
    return {
        **key.model_dump(mode="json", exclude={"digest", "scopes"}),
        "prefix": f"flux_{key.prefix}",
        "scopes": sorted(key.scopes),
        "status": status,
    }
