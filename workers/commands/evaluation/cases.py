"""`fluxagents eval add`, `list` and `remove`: the cases of a folder."""

from __future__ import annotations

from pathlib import Path

import click

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.ratings import find_corrections
from fluxagents.flows.people.remarks import Remark
from fluxagents.scheduler.collaboration.evaluation_case import EvaluationCase, make_case
from fluxagents.workers.commands.collaboration.remark_text import describe_expected_call
from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json, print_table
from fluxagents.workers.commands.evaluation.case_files import (
    SUFFIX,
    read_cases,
    select_cases,
    write_case,
)
from fluxagents.workers.settings import Settings

folder_option = click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Of the cases; the folder `evaluations` of the data folder if absent.",
)


def find_folder(folder: Path | None, settings: Settings) -> Path:
    """The folder of the option, or that of the settings."""
    return folder if folder is not None else settings.evaluations_folder


@click.command(
    epilog=examples(
        "fluxagents eval add 01JB…", "fluxagents eval add 01JB… --as-is", "fluxagents eval add 01JB… --of bob"
    )
)
@click.argument("run_id")
@click.option("--of", "person", metavar="NAME", help="Take the correction of this person.")
@click.option("--as-is", is_flag=True, help="What the run did is right: expect the same calls again.")
@click.option("--replace", is_flag=True, help="Replace the case of this run.")
@folder_option
@json_option
def add(
    run_id: str, person: str | None, as_is: bool, replace: bool, folder: Path | None, as_json: bool
) -> None:
    """Make an evaluation case: the question and the model of a run, and what its correction expects."""
    client = CommandClient()
    state, events = client.store.load(run_id), client.store.events(run_id)
    correction = None if as_is else _choose_correction(run_id, client.collaboration.remarks(run_id), person)
    case = make_case(state, events, correction)
    path = write_case(find_folder(folder, client.settings), case, replace=replace)
    if as_json:
        print_json({"file": str(path), "case": case.model_dump(mode="json")})
    else:
        echo(f"{path}: {_describe_expected(case)}")


def _choose_correction(run_id: str, remarks: tuple[Remark, ...], person: str | None) -> Remark:
    corrections = [each for each in find_corrections(remarks) if person in {None, each.by}]
    if not corrections:
        whose = f" of {person}" if person else ""
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"run {run_id!r} has no correction{whose}",
            suggestions=(
                f"say what is right: `fluxagents runs correct {run_id}`",
                "or take what the run did as right: --as-is",
            ),
        )
    if len({each.body.model_dump_json() for each in corrections}) > 1:
        people = sorted({each.by for each in corrections})
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"run {run_id!r} has different corrections, by {', '.join(people)}",
            suggestions=(
                "name whose is taken: --of NAME",
                f"`fluxagents runs remarks {run_id}` shows them; let them agree, or correct the whole run",
            ),
        )
    return corrections[-1]


@click.command("list", epilog=examples("fluxagents eval list"))
@folder_option
@json_option
def list_cases(folder: Path | None, as_json: bool) -> None:
    """List the cases, with what each expects."""
    cases = read_cases(find_folder(folder, Settings.load()))
    if as_json:
        print_json({name: case.model_dump(mode="json") for name, case in cases.items()})
        return
    print_table(
        ("case", "model", "by", "question", "expected"),
        [
            (name, case.model_name, case.by or "-", case.question, _describe_expected(case))
            for name, case in cases.items()
        ],
        empty="there are no cases; `fluxagents eval add RUN` makes one",
        cut_last=True,
    )


@click.command(epilog=examples("fluxagents eval remove 01JB…"))
@click.argument("name")
@folder_option
@json_option
def remove(name: str, folder: Path | None, as_json: bool) -> None:
    """Remove a case."""
    found = find_folder(folder, Settings.load())
    select_cases(found, (name,))
    (found / f"{name}{SUFFIX}").unlink()
    if as_json:
        print_json({"removed": name})
    else:
        echo(f"case {name} removed")


def _describe_expected(case: EvaluationCase) -> str:
    calls = (
        "any calls" if case.calls is None else ", ".join(map(describe_expected_call, case.calls)) or "no call"
    )
    value = f"; {case.value.name} = {case.value.number:g}" if case.value else ""
    return calls + value
