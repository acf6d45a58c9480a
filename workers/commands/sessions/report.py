"""`fluxagents sessions report`: a session on one page."""

from __future__ import annotations

from pathlib import Path

import click

from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json
from fluxagents.workers.commands.display.slow_notice import notice_when_slow
from fluxagents.workers.files.price_file import load_prices
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.reports.session.report_file import write_report

SUFFIXES = (".html", ".pdf")


@click.command(
    epilog=examples(
        "fluxagents sessions report nightly -o nightly.html",
        "fluxagents sessions report nightly -o nightly.pdf",
    )
)
@click.argument("name")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file: its suffix, .html or .pdf, says what is written.",
)
@json_option
def report(name: str, output: Path, as_json: bool) -> None:
    """Write a session on one page: questions, answers, growth, disagreements and costs.

    PDF needs the extra `pdf` (fpdf2), and no browser.
    """
    if output.suffix.lower() not in SUFFIXES:
        raise click.UsageError(f"end the name of the file with one of {', '.join(SUFFIXES)}")
    client = CommandClient()
    prices = load_prices(client.settings)
    with notice_when_slow(f"writing {output} …"):
        data = write_report(
            client.sessions,
            client.store.remarks,
            name,
            output.suffix.lower().removeprefix("."),
            prices=prices,
            now_ms=SystemClock().now_ms(),
        )
        output.write_bytes(data)
    if as_json:
        print_json({"file": str(output), "session": name, "bytes": len(data)})
    else:
        echo(f"{output}: session {name}, {len(data)} bytes")
