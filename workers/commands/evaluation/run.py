"""`fluxagents eval run`: how the planner or a chat model does on the cases."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from scipy.stats import binomtest  # type: ignore[import-untyped]

from fluxagents.scheduler.collaboration.evaluation_case import EvaluationCase, Judgement
from fluxagents.workers.commands.collaboration.remark_text import describe_expected_call
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, fold, print_json, print_table
from fluxagents.workers.commands.display.slow_notice import notice_when_slow
from fluxagents.workers.commands.evaluation.case_files import select_cases
from fluxagents.workers.commands.evaluation.case_runner import CaseRunner
from fluxagents.workers.commands.evaluation.cases import find_folder, folder_option
from fluxagents.workers.settings import Settings

WRONG = 1
"""The exit status when a case is not right."""


@click.command(
    epilog=examples(
        "fluxagents eval run", "fluxagents eval run 01JB…", "fluxagents eval run --chat-model offline --json"
    )
)
@click.argument("names", nargs=-1, metavar="[CASE…]")
@click.option(
    "--chat-model",
    "chat",
    metavar="NAME",
    help="offline, openai:<model> or anthropic:<model>; that of the settings if absent.",
)
@folder_option
@json_option
def run(names: tuple[str, ...], chat: str | None, folder: Path | None, as_json: bool) -> None:
    """Put the cases to the planner or a chat model, in this process, and compare calls and values.

    The prompts are those that ship. A run that asks for an approval is judged by what it has decided until
    then. Exit status 1 when a case is not right.
    """
    settings = Settings.load()
    if chat is not None:
        settings = Settings.model_validate({**settings.model_dump(), "chat_model": chat})
    cases = select_cases(find_folder(folder, settings), names)
    with TemporaryDirectory() as workplace, notice_when_slow("running the cases …"):
        runner = CaseRunner(settings, Path(workplace))
        judgements = {name: runner.run(case) for name, case in cases.items()}
    right = sum(judgement.is_right for judgement in judgements.values())
    if as_json:
        print_json(_document(runner.chat_model, judgements))
    else:
        _print(runner.chat_model, cases, judgements)
    sys.exit(0 if right == len(cases) else WRONG)


def _document(chat: str, judgements: Mapping[str, Judgement]) -> dict[str, object]:
    return {
        "chat_model": chat,
        "cases": len(judgements),
        "right": sum(judgement.is_right for judgement in judgements.values()),
        "judgements": [
            {
                "case": name,
                "is_right": judgement.is_right,
                **asdict(judgement),
                "calls": [call.model_dump(mode="json") for call in judgement.calls],
            }
            for name, judgement in judgements.items()
        ],
    }


def _print(chat: str, cases: Mapping[str, EvaluationCase], judgements: Mapping[str, Judgement]) -> None:
    print_table(
        ("case", "tools", "arguments", "value", "status", "question"),
        [
            (
                name,
                _mark(judgement.tools_right),
                _mark(judgement.arguments_right),
                _mark(judgement.value_right),
                judgement.status,
                cases[name].question,
            )
            for name, judgement in judgements.items()
        ],
        cut_last=True,
    )
    for name, judgement in judgements.items():
        if not judgement.is_right:
            echo(fold(f"{name}: {_describe_difference(cases[name], judgement)}"))
    right, number = sum(judgement.is_right for judgement in judgements.values()), len(judgements)
    interval = binomtest(right, number).proportion_ci(0.95, method="wilson")
    echo(
        f"{chat}: {right} of {number} right ({right / number:.0%}, 95 % from {interval.low:.0%} "
        f"to {interval.high:.0%})"
    )


def _mark(is_right: bool | None) -> str:
    return "-" if is_right is None else "right" if is_right else "wrong"


def _describe_difference(case: EvaluationCase, judgement: Judgement) -> str:
    parts = []
    if judgement.arguments_right is False:
        expected = ", ".join(map(describe_expected_call, case.calls or ())) or "no call"
        actual = ", ".join(map(describe_expected_call, judgement.calls)) or "no call"
        parts.append(f"expected {expected}; got {actual}")
    if judgement.value_right is False and case.value is not None:
        numbers = ", ".join(dict.fromkeys(f"{number:g}" for number in judgement.found)) or "nothing"
        parts.append(f"expected {case.value.name} = {case.value.number:g}; got {numbers}")
    return "; ".join([*parts, *([judgement.error] if judgement.error else [])])
