"""`fluxagents sessions report`: a session on one page."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import click

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json
from fluxagents.workers.commands.display.slow_notice import notice_when_slow
from fluxagents.workers.commands.display.times import format_both
from fluxagents.workers.files.price_file import load_prices
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.reports.session.html_report import write_html
from fluxagents.workers.reports.session.report import SessionReport

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
        contents = SessionReport(
            entry=client.sessions.show(name),
            states=client.sessions.states(name),
            clusters=client.sessions.clusters(name),
            written=f"{format_both(SystemClock().now_ms())[0]} UTC",
            currency=prices.currency if prices else "",
        )
        data = _write_pdf(contents) if output.suffix.lower() == ".pdf" else write_html(contents)
        output.write_bytes(data)
    if as_json:
        print_json({"file": str(output), "session": name, "bytes": len(data)})
    else:
        echo(f"{output}: session {name}, {len(data)} bytes")


def _write_pdf(contents: SessionReport) -> bytes:
    if find_spec("fpdf") is None:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            "a PDF needs fpdf2, which is not installed",
            suggestions=("pip install 'fluxagents[pdf]'", "or write HTML: end the file's name with .html"),
        )
    data: bytes = import_module("fluxagents.workers.reports.session.pdf_report").write_pdf(contents)
    return data
