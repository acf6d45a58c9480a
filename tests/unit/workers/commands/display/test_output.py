"""Tables show text as it is; JSON is one document."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from fluxagents.workers.commands.display.options import json_option
from fluxagents.workers.commands.display.output import print_json, print_table


def test_cells_are_not_markup(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("id",), [("[bold]EX_ac_e[/bold]",)])
    assert "[bold]EX_ac_e[/bold]" in capsys.readouterr().out


def test_an_empty_table_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("id",), [], empty="no runs")
    assert capsys.readouterr().out == "no runs\n"


def test_json_holds_what_it_does_not_know_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"path": Path("/x"), "name": "µ"})
    assert json.loads(capsys.readouterr().out) == {"path": "/x", "name": "µ"}


def test_the_json_option_reaches_the_command() -> None:
    @click.command()
    @json_option
    def command(*, as_json: bool) -> None:
        click.echo(as_json)

    assert CliRunner().invoke(command, ["--json"]).output == "True\n"
    assert CliRunner().invoke(command, []).output == "False\n"
