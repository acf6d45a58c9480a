"""`fluxagents keys`: with what messages and exported runs are signed."""

from __future__ import annotations

import click

from fluxagents.workers.archive.run_signature import ExportKeys
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json, print_table
from fluxagents.workers.files.message_keys import (
    MessageKeys,
    create_message_key,
    load_message_keys,
    rotate_message_key,
)
from fluxagents.workers.settings import Settings

NOT_SIGNED = "not signed: any message is taken; `fluxagents keys create`, or FLUXAGENTS_MESSAGE_KEY"


@click.group(epilog=examples("fluxagents keys show", "fluxagents keys create", "fluxagents keys rotate"))
def keys() -> None:
    """Show, create and rotate the keys that sign messages; show the one that signs exported runs."""


@keys.command(epilog=examples("fluxagents keys show", "fluxagents keys show --json"))
@json_option
def show(*, as_json: bool) -> None:
    """Show fingerprints of the message keys, and the public key of exported runs. Shows no secret."""
    settings = Settings.load()
    message_keys = load_message_keys(settings)
    exports = ExportKeys.of(settings)
    if as_json:
        print_json(
            {
                "messages": _document(message_keys),
                "exports": {"public_key": exports.public, "trusted": list(exports.trusted)},
            }
        )
        return
    rows = [("messages", _describe(message_keys)), ("exports", f"public key {exports.public}")]
    print_table(("what", "key"), [*rows, *(("trusted", key) for key in exports.trusted)])


@keys.command(epilog=examples("fluxagents keys create"))
@json_option
def create(*, as_json: bool) -> None:
    """Choose a message key for the data folder. Services must be started again to use it.

    Machines with another data folder get it as FLUXAGENTS_MESSAGE_KEY.
    """
    _tell(create_message_key(Settings.load()), as_json=as_json)


@keys.command(epilog=examples("fluxagents down", "fluxagents keys rotate", "fluxagents up --detach"))
@json_option
def rotate(*, as_json: bool) -> None:
    """Replace the message key of the data folder; the one before is accepted until the next rotation.

    Stop the services first and start them again after it: those that run know only the old key.
    """
    _tell(rotate_message_key(Settings.load()), as_json=as_json)


def _tell(message_keys: MessageKeys, *, as_json: bool) -> None:
    if as_json:
        print_json({"messages": _document(message_keys)})
        return
    echo(_describe(message_keys))
    echo("start the services again: those that run do not know it yet", err=True)


def _document(message_keys: MessageKeys | None) -> dict[str, object]:
    if message_keys is None:
        return {"signed": False, "fingerprints": [], "source": None}
    return {"signed": True, "fingerprints": list(message_keys.fingerprints), "source": message_keys.source}


def _describe(message_keys: MessageKeys | None) -> str:
    if message_keys is None:
        return NOT_SIGNED
    first, *second = message_keys.fingerprints
    also = f", {second[0]} is accepted as well" if second else ""
    where = "the settings" if message_keys.source == "settings" else "the data folder"
    return f"signed with {first}{also} (from {where})"
