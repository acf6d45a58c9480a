"""`fluxagents prompts`: the prompts, their versions, and what decisions sent."""

from __future__ import annotations

import sys
from difflib import unified_diff
from pathlib import Path
from typing import Any

import click

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.prompts.versions.front_matter import MadeFor
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.prompts.versions.parts import SUFFIX
from fluxagents.prompts.versions.record import (
    Entry,
    ExperimentBegan,
    Label,
    Promoted,
    PromptState,
    Registered,
    RolledBack,
)
from fluxagents.prompts.versions.reports import PromptReport, build_report
from fluxagents.tasks.chat.wire import to_wire_form
from fluxagents.workers.archive.prompt_library import open_prompts
from fluxagents.workers.commands.command_client import open_authority
from fluxagents.workers.commands.display.options import by_option, examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json, print_table
from fluxagents.workers.commands.display.times import format_date
from fluxagents.workers.commands.prompts.prompt_figures import compare, experiment, stats
from fluxagents.workers.commands.runs.history.run_log import open_log
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.settings import Settings

LABELS = ("production", "candidate")

TEMPLATE_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(
    epilog=examples(
        "fluxagents prompts list",
        "fluxagents prompts show tool_selection",
        "fluxagents prompts register tool_selection.md.j2",
        "fluxagents prompts diff tool_selection 1 2",
        "fluxagents prompts promote tool_selection 2",
        "fluxagents prompts rollback tool_selection",
        "fluxagents prompts experiment tool_selection --arm 1=50 --arm 2=50",
        "fluxagents prompts compare tool_selection 1 2",
        "fluxagents prompts render --run 01JB… --step 4",
    )
)
def prompts() -> None:
    """Show, test, version and compare the prompts, and show what a decision sent."""


for figures in (experiment, stats, compare):
    prompts.add_command(figures)


def _open_manager() -> PromptManager:
    return open_prompts(Settings.load())


def _label(command: click.decorators.FC) -> click.decorators.FC:
    return click.option(
        "--label", type=click.Choice(LABELS), default="production", show_default=True, help="Of the version."
    )(command)


@prompts.command("list", epilog=examples("fluxagents prompts list --json"))
@json_option
def list_prompts(as_json: bool) -> None:
    """List the prompts: their versions, and which one new runs get."""
    manager = _open_manager()
    summaries = [_summary(manager, name) for name in manager.names]
    if as_json:
        print_json(summaries)
        return
    rows = [
        (
            row["name"],
            ", ".join(row["versions"]),
            _describe_default(row),
            row["candidate"] or "-",
            row["purpose"],
        )
        for row in summaries
    ]
    print_table(("prompt", "versions", "runs get", "candidate", "purpose"), rows)


def _summary(manager: PromptManager, name: str) -> dict[str, Any]:
    state = manager.versions.load_state(name)
    return {
        "name": name,
        "versions": list(manager.versions.list_numbers(name)),
        "runs_get": manager.versions.select_default(name).version,
        "production": _holder(state, "production"),
        "candidate": _holder(state, "candidate"),
        "experiment": {arm.version: arm.weight for arm in state.arms},
        "purpose": manager.versions.find(name).purpose,
    }


def _holder(state: PromptState, label: Label) -> str | None:
    holder = state.holder(label)
    return holder.version if holder else None


def _describe_default(summary: dict[str, Any]) -> str:
    """What new runs get, in words."""
    if summary["experiment"]:
        total = sum(summary["experiment"].values())
        return ", ".join(
            f"{version}: {weight / total:.0%}" for version, weight in summary["experiment"].items()
        )
    return f"{summary['runs_get']}" if summary["production"] else f"{summary['runs_get']} (as shipped)"


@prompts.command(
    epilog=examples(
        "fluxagents prompts show tool_selection", "fluxagents prompts show tool_selection production --source"
    )
)
@click.argument("name")
@click.argument("version", default="latest")
@click.option("--source", is_flag=True, help="Print the template file and nothing else.")
@json_option
def show(name: str, version: str, source: bool, as_json: bool) -> None:
    """Show a version of a prompt (a number, `latest` or a label) and the history of the prompt."""
    manager = _open_manager()
    template = manager.versions.find(name, version)
    if source:
        echo(template.source, nl=False)
        return
    log = manager.versions.read_log(name)
    if as_json:
        print_json(
            {
                **_summary(manager, name),
                "version": template.version,
                "digest": template.digest,
                "made_for": template.made_for.model_dump() if template.made_for else None,
                "variables": dict(template.variables),
                "cases": [case.name for case in template.cases],
                "source": template.source,
                "log": [entry.model_dump(mode="json") for entry in log],
            }
        )
        return
    echo(f"{name} version {template.version}: {template.purpose}")
    echo(f"sha256 {template.digest}")
    if template.made_for:
        echo(f"made for {_describe_target(template.made_for)}")
    echo(f"runs get {_describe_default(_summary(manager, name))}")
    print_table(("variable", "type"), template.variables.items(), empty="no variables")
    rows = [
        (
            format_date(entry.at_ms) if entry.at_ms else "-",
            entry.by or "-",
            _describe_entry(entry),
        )
        for entry in log
    ]
    print_table(("when (UTC)", "who", "what"), rows, empty="nothing was registered or promoted yet")


def _describe_target(made_for: MadeFor) -> str:
    chat_models = ", ".join(made_for.chat_models)
    return (
        chat_models
        if made_for.temperature is None
        else f"{chat_models} at temperature {made_for.temperature:g}"
    )


def _describe_entry(entry: Entry) -> str:
    """An entry of a prompt's log, in one line."""
    if isinstance(entry, Registered):
        return f"registered version {entry.version} ({entry.digest[:12]})"
    if isinstance(entry, Promoted):
        return f"promoted version {entry.version} to {entry.label}"
    if isinstance(entry, RolledBack):
        return f"rolled back {entry.label}"
    if isinstance(entry, ExperimentBegan):
        arms = ", ".join(f"version {arm.version}: {arm.weight}" for arm in entry.arms)
        return f"began an experiment ({arms})"
    return "ended the experiment"


@prompts.command(epilog=examples("fluxagents prompts diff tool_selection 1 2"))
@click.argument("name")
@click.argument("old")
@click.argument("new", default="latest")
@json_option
def diff(name: str, old: str, new: str, as_json: bool) -> None:
    """Show what changed between two versions of a prompt, each a number, `latest` or a label."""
    manager = _open_manager()
    old_template, new_template = manager.versions.find(name, old), manager.versions.find(name, new)
    lines = unified_diff(
        old_template.source.splitlines(),
        new_template.source.splitlines(),
        f"{name} version {old_template.version}",
        f"{name} version {new_template.version}",
        lineterm="",
    )
    text = "\n".join(lines)
    if as_json:
        print_json({"name": name, "old": old_template.version, "new": new_template.version, "diff": text})
    else:
        echo(
            text
            or f"versions {old_template.version} and {new_template.version} of prompt '{name}' are the same"
        )


@prompts.command(
    epilog=examples(
        "fluxagents prompts test",
        "fluxagents prompts test tool_selection",
        "fluxagents prompts test new.md.j2",
    )
)
@click.argument("what", nargs=-1)
@json_option
def test(what: tuple[str, ...], as_json: bool) -> None:
    """Render prompts with their own test cases: WHAT are names or template files; all prompts if absent.

    Files need no Redis. The exit status is 1 if a case fails.
    """
    paths = [word for word in what if word.endswith(SUFFIX) or Path(word).is_file()]
    names = [word for word in what if word not in paths]
    shipped = PromptManager()
    reports = [build_report(shipped.versions.parse(_read_file(Path(path)), path)) for path in paths]
    if names or not what:
        manager = _open_manager()
        reports += [manager.test_prompt(name) for name in names or manager.names]
    if as_json:
        print_json(reports)
    else:
        _print_reports(reports)
    sys.exit(1 if any(report["failed"] for report in reports) else 0)


def _read_file(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FluxError(ErrorClass.BAD_ARGUMENT, f"{path} cannot be read: {error}") from error


def _print_reports(reports: list[PromptReport]) -> None:
    for report in reports:
        echo(f"{report['prompt']} version {report['version']}: {report['passed']} passed", nl=False)
        echo(f", {report['failed']} failed" if report["failed"] else "")
        for case in report["cases"]:
            if not case["passed"]:
                echo(f"  {case['where']}: {case['case']}", fg="red")
                for piece in case["missing"]:
                    echo(f"    misses   {piece!r}")
                for piece in case["unwanted"]:
                    echo(f"    contains {piece!r}")


@prompts.command(
    epilog=examples(
        "fluxagents prompts show tool_selection --source > tool_selection.md.j2",
        "fluxagents prompts register tool_selection.md.j2",
    )
)
@click.argument("file", type=TEMPLATE_FILE)
@by_option
@json_option
def register(file: Path, by: str | None, as_json: bool) -> None:
    """Add the template in FILE as a new version of the prompt that it names.

    It must pass its own test cases. A version number that has other content is refused. Runs get the version
    when it is promoted.
    """
    manager = _open_manager()
    template = manager.versions.parse(_read_file(file), str(file))
    by = _record(Action.PROMPT_REGISTER, template.name, by)
    version = manager.version_prompt(
        template.name, template.source, file=str(file), by=by, at_ms=SystemClock().now_ms()
    )
    if as_json:
        print_json({"name": template.name, "version": version, "digest": template.digest})
    else:
        echo(f"prompt '{template.name}' has version {version}; runs get it when it is promoted:")
        echo(f"  fluxagents prompts promote {template.name} {version}")


@prompts.command(
    epilog=examples(
        "fluxagents prompts promote tool_selection 2",
        "fluxagents prompts promote tool_selection 3 --label candidate",
        "fluxagents prompts promote tool_selection candidate",
    )
)
@click.argument("name")
@click.argument("version")
@_label
@by_option
@json_option
def promote(name: str, version: str, label: Label, by: str | None, as_json: bool) -> None:
    """Give a label to a version. `production` is what new runs get; setting it ends an experiment.

    Runs that have used the prompt keep their version to the end.
    """
    manager = _open_manager()
    by = _record(Action.PROMPT_PROMOTE, name, by)
    manager.releases.promote(name, version, label, by=by, at_ms=SystemClock().now_ms())
    _print_state(manager, name, as_json=as_json)


@prompts.command(epilog=examples("fluxagents prompts rollback tool_selection"))
@click.argument("name")
@_label
@by_option
@json_option
def rollback(name: str, label: Label, by: str | None, as_json: bool) -> None:
    """Give a label back to the version that had it before; if there is none, runs get the shipped version."""
    manager = _open_manager()
    by = _record(Action.PROMPT_ROLL_BACK, name, by)
    manager.releases.rollback(name, label, by=by, at_ms=SystemClock().now_ms())
    _print_state(manager, name, as_json=as_json)


def _record(action: Action, name: str, by: str | None) -> str:
    """Write the act into the audit log; in whose name it is."""
    return open_authority(Settings.load()).record(action, Resource(kind="prompt", id=name), by=by)


def _print_state(manager: PromptManager, name: str, *, as_json: bool) -> None:
    summary = _summary(manager, name)
    if as_json:
        print_json(summary)
    else:
        candidate = summary["candidate"] or "none"
        echo(f"prompt '{name}': runs get {_describe_default(summary)}; candidate: {candidate}")


@prompts.command(
    epilog=examples(
        "fluxagents prompts render --run 01JB… --step 4",
        "fluxagents prompts render --run 01JB… --step 4 --json",
    )
)
@click.option("--run", "run_id", required=True, help="The run.")
@click.option(
    "--step", type=click.IntRange(min=0), help="The step of the decision; optional if there is only one."
)
@click.option(
    "--summary", "of_summary", is_flag=True, help="Show the request for the preceding summary instead."
)
@json_option
def render(run_id: str, step: int | None, of_summary: bool, as_json: bool) -> None:
    """Show what a recorded decision sent to the chat model, to the byte.

    The request is composed again from the run's log and the exact version of the prompt, and compared with
    the recorded digest: the exit status is 1 if they differ. With --json, the parts of the body as the
    provider received them: `messages`, `tools` and `temperature`, and with Anthropic `system`.
    """
    log = open_log(run_id)
    recorded = log.request(log.state.flow.digest, step, _open_manager(), of_summary=of_summary)
    if as_json:
        print_json(
            {
                "prompt": recorded.use.model_dump(mode="json"),
                "is_exact": recorded.is_exact,
                **to_wire_form(recorded.use.chat_model, recorded.request.document),
            }
        )
    else:
        for message in recorded.request.document["messages"]:
            echo(f"--- {message['role']}", bold=True, err=True)
            echo(message["content"])
        echo(
            _describe_exactness(recorded.is_exact), err=True, fg="red" if recorded.is_exact is False else None
        )
    sys.exit(1 if recorded.is_exact is False else 0)


def _describe_exactness(is_exact: bool | None) -> str:
    if is_exact is None:
        return "--- the log has no digest of the request: whether this is what was sent cannot be checked"
    if is_exact:
        return "--- exactly what was sent"
    return "--- NOT what was sent: this installation has other tools than the worker that decided"
