"""`fluxagents sessions notebook`: a narrative of questions, answers and own text, and links to it."""

from __future__ import annotations

from pathlib import Path

import click

from fluxagents.flows.ports.notebook import Block, Notebook, TextBlock
from fluxagents.scheduler.sessions.notebook_blocks import (
    Change,
    insert_block,
    move_block,
    read_run,
    read_text,
    remove_block,
)
from fluxagents.scheduler.sessions.notebooks import LINK_DAYS, MAX_LINK_DAYS
from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.display.options import by_option, examples, json_option
from fluxagents.workers.commands.display.output import count_text, echo, print_json
from fluxagents.workers.commands.display.times import format_date
from fluxagents.workers.commands.services.url import find_api_url
from fluxagents.workers.reports.session.notebook_html import write_notebook

PLACE = click.IntRange(min=1)


@click.group(
    epilog=examples(
        "fluxagents sessions notebook show survey",
        "fluxagents sessions notebook add survey --text 'Growth on glucose first.'",
        "fluxagents sessions notebook share survey --days 3",
    )
)
def notebook() -> None:
    """Tell what the answers of a session mean, and let others read it."""


@notebook.command(epilog=examples("fluxagents sessions notebook show survey"))
@click.argument("name")
@json_option
def show(name: str, as_json: bool) -> None:
    """Show the blocks of the notebook of the session NAME, each with its place."""
    _print(CommandClient().notebooks.show(name), as_json=as_json)


@notebook.command(
    epilog=examples(
        "fluxagents sessions notebook add survey --text 'Growth on glucose first.'",
        "fluxagents sessions notebook add survey --run 01JB --at 1",
    )
)
@click.argument("name")
@click.option("--text", help="Words of yours.")
@click.option("--run", help="A run of the session, with its question and answer.")
@click.option("--at", type=PLACE, show_default="the end", help="The place before which it goes.")
@by_option
@json_option
def add(name: str, text: str | None, run: str | None, at: int | None, by: str | None, as_json: bool) -> None:
    """Add a block to the notebook of the session NAME."""
    block: Block
    if text and not run:
        block = read_text(text)
    elif run and not text:
        block = read_run(run)
    else:
        raise click.UsageError("name a --text or a --run")
    _write(name, insert_block(block, at), by=by, as_json=as_json)


@notebook.command(epilog=examples("fluxagents sessions notebook move survey 3 1"))
@click.argument("name")
@click.argument("place", type=PLACE)
@click.argument("to", type=PLACE)
@by_option
@json_option
def move(name: str, place: int, to: int, by: str | None, as_json: bool) -> None:
    """Move the block at PLACE to the place TO."""
    _write(name, move_block(place, to), by=by, as_json=as_json)


@notebook.command(epilog=examples("fluxagents sessions notebook remove survey 2"))
@click.argument("name")
@click.argument("place", type=PLACE)
@by_option
@json_option
def remove(name: str, place: int, by: str | None, as_json: bool) -> None:
    """Remove the block at PLACE; a run that it tells of stays."""
    _write(name, remove_block(place), by=by, as_json=as_json)


@notebook.command(epilog=examples("fluxagents sessions notebook export survey -o survey.html"))
@click.argument("name")
@click.option(
    "-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The HTML file."
)
@json_option
def export(name: str, output: Path, as_json: bool) -> None:
    """Write the notebook of the session NAME as one HTML file, which needs nothing else to be read."""
    client = CommandClient()
    data = write_notebook(client.sessions.show(name).session, client.notebooks.read(name))
    output.write_bytes(data)
    if as_json:
        print_json({"file": str(output), "session": name, "bytes": len(data)})
    else:
        echo(f"{output}: the notebook of session {name}, {len(data)} bytes")


@notebook.command(epilog=examples("fluxagents sessions notebook share survey --days 3"))
@click.argument("name")
@click.option(
    "--days",
    type=click.FloatRange(0, MAX_LINK_DAYS, min_open=True),
    default=LINK_DAYS,
    show_default=True,
    help="How long the link lasts.",
)
@by_option
@json_option
def share(name: str, days: float, by: str | None, as_json: bool) -> None:
    """Print a link under which whoever has it reads the notebook, with your rights and without a key."""
    client = CommandClient()
    link, path = client.notebooks.share(name, days=days, by=by)
    url = f"{client.settings.public_url or find_api_url(client.settings)}{path}"
    if as_json:
        print_json({"url": url, **link.model_dump(mode="json")})
    else:
        echo(f"{url}\nlink {link.id}, until {format_date(link.expires_ms)} UTC; it is not shown again")


@notebook.command(epilog=examples("fluxagents sessions notebook links survey"))
@click.argument("name")
@json_option
def links(name: str, as_json: bool) -> None:
    """List the links to the notebook of the session NAME that can be followed now."""
    found = CommandClient().notebooks.list_links(name)
    if as_json:
        print_json([link.model_dump(mode="json") for link in found])
        return
    for link in found:
        echo(f"{link.id}  by {link.by}, until {format_date(link.expires_ms)} UTC")
    if not found:
        echo(f"no link leads to the notebook of session {name}")


@notebook.command(epilog=examples("fluxagents sessions notebook revoke survey 3f9a11c02b7e"))
@click.argument("name")
@click.argument("link")
@by_option
@json_option
def revoke(name: str, link: str, by: str | None, as_json: bool) -> None:
    """Let nobody read anything under LINK any more."""
    revoked = CommandClient().notebooks.revoke(name, link, by=by)
    if as_json:
        print_json(revoked.model_dump(mode="json"))
    else:
        echo(f"link {revoked.id} leads nowhere now")


def _write(name: str, change: Change, *, by: str | None, as_json: bool) -> None:
    _print(CommandClient().notebooks.write(name, change, by=by), as_json=as_json)


def _print(shown: Notebook, *, as_json: bool) -> None:
    if as_json:
        print_json(shown.model_dump(mode="json"))
        return
    echo(f"notebook of session {shown.session}: {count_text(len(shown.blocks), 'block')}")
    for place, block in enumerate(shown.blocks, start=1):
        echo(f"{place:3}  {block.text if isinstance(block, TextBlock) else f'run {block.run}'}")
