"""Tables show text as it is; JSON is one document."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pandas as pd
import pytest
from click.testing import CliRunner
from tests.support.command_calls import simulate_terminal

from fluxagents.workers.commands.display.options import json_option
from fluxagents.workers.commands.display.output import print_frame, print_json, print_table
from fluxagents.workers.commands.display.warning_lines import print_warning


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


def test_numbers_are_whole_in_a_pipe_and_short_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    table = pd.DataFrame({"reaction": [f"R{at}" for at in range(30)], "flux": [1 / 3] * 30})
    print_frame(table)
    piped = capsys.readouterr().out.splitlines()
    assert (len(piped), piped[-1].split()) == (31, ["R29", repr(1 / 3)])
    with simulate_terminal(80):
        print_frame(table)
    shown = capsys.readouterr().out.splitlines()
    assert shown[1].split() == ["R0", "0.333333"]
    assert shown[-1].startswith("… 10 more rows")


def test_prose_is_folded_on_a_terminal_only(capsys: pytest.CaptureFixture[str]) -> None:
    sentence = "word " * 40
    print_warning(sentence)
    assert len(capsys.readouterr().out.splitlines()) == 1
    with simulate_terminal(80):
        print_warning(sentence)
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80
