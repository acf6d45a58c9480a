"""`fluxagents flows test` and `fluxagents flows record`: flows played without tools, models and humans."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import print_json, print_table

if TYPE_CHECKING:
    from fluxagents.flows.testing.coverage import Coverage
    from fluxagents.flows.testing.verdict import Verdict
    from fluxagents.scheduler.flow_files.scenario_suites import Play

Judged = Sequence[tuple["Play", "Verdict"]]


@click.command(
    epilog=examples(
        "fluxagents flows test",
        "fluxagents flows test metabolic_analysis --coverage",
        "fluxagents flows test my_flows/ --fail-under 100 --junit flows.xml",
        "fluxagents flows test my_flow.scenarios.yaml -k 'does not grow'",
    )
)
@click.argument("target", default="")
@click.option("--coverage", "with_coverage", is_flag=True, help="Show which nodes and edges were walked.")
@click.option(
    "--fail-under", type=click.FloatRange(0, 100), help="Fail if a flow is covered by less, in percent."
)
@click.option("-k", "name", default="", help="Only scenarios whose name contains this.")
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), help="Also write JUnit XML here.")
@json_option
def test(
    target: str,
    *,
    with_coverage: bool,
    fail_under: float | None,
    name: str,
    junit: Path | None,
    as_json: bool,
) -> None:
    """Play scenarios and compare; exit status 1 if one does not hold.

    TARGET is a file of scenarios, a folder, or a flow (its name or file); without it all flows are tested. No
    Redis is needed and no tool runs: the scenarios state what tools find and humans answer.
    """
    from fluxagents.scheduler.flow_files.scenario_suites import covered, programme
    from fluxagents.workers.settings import Settings

    found = programme(target, folders=[Settings.load().flows_folder]).named(name)
    judged = [(play, play.judged()) for play in found.plays]
    coverages = covered(found.flows, [verdict for _, verdict in judged])
    low = [one for one in coverages if fail_under is not None and one.percent < fail_under]
    failed = [play for play, verdict in judged if not verdict.holds]
    if junit:
        from fluxagents.workers.commands.flows.junit import junit_xml

        junit.write_text(junit_xml(judged), encoding="utf-8")
    if as_json:
        print_json({"scenarios": [_document(*one) for one in judged], "coverage": _coverages(coverages)})
    else:
        _print_verdicts(judged)
        if with_coverage or low:
            _print_coverage(coverages)
        _print_end(judged, failed=len(failed), low=low, fail_under=fail_under)
    sys.exit(1 if failed or low or not judged else 0)


@click.command(
    epilog=examples(
        "fluxagents flows record 01JB… -o my_flow.scenarios.yaml",
        "fluxagents flows record 01JB… --name 'no growth without oxygen'",
    )
)
@click.argument("run_id")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write here.")
@click.option("--name", default="", help="Of the scenario; the run's id when absent.")
@json_option
def record(run_id: str, *, output: Path | None, name: str, as_json: bool) -> None:
    """Turn a real run into a scenario: what tools found and humans answered, and what came of it.

    The scenario is played once before it is written, and comes to what the run came to.
    """
    from fluxagents.scheduler.flow_files.scenario_suites import recorded
    from fluxagents.workers.client import Client

    text = recorded(Client().store, run_id, name=name)
    if output:
        output.write_text(text, encoding="utf-8")
    if as_json:
        print_json({"run_id": run_id, "file": str(output) if output else None, "yaml": text})
    elif output:
        click.echo(f"{output}: play it with `fluxagents flows test {output}`")
    else:
        click.echo(text, nl=False)


def _print_verdicts(judged: Judged) -> None:
    where = ""
    for play, verdict in judged:
        if play.where != where:
            where = play.where
            click.secho(f"{play.flow.flow} v{play.flow.version}  {_short(where)}", bold=True)
        sign, colour = ("✓", "green") if verdict.holds else ("✗", "red")
        click.echo(f"  {click.style(sign, fg=colour)} {play.scenario.name}")
        if not verdict.holds:
            click.echo("".join(f"      {line}\n" for line in _first(verdict).splitlines()), nl=False)


def _short(where: str) -> str:
    """A path as one would type it here."""
    path = Path(where)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else where


def _first(verdict: Verdict) -> str:
    """The telling difference, and how many there are beside it."""
    if not verdict.differences:
        return str(verdict)
    more = len(verdict.differences) - 1
    also = f"\nand {more} more, with --json" if more else ""
    return f"{verdict.differences[0]}{also}"


def _print_coverage(coverages: Sequence[Coverage]) -> None:
    click.echo()
    print_table(
        ("flow", "nodes", "edges", "covered"),
        [
            (
                one.flow,
                f"{one.nodes - len(one.missing_nodes)} of {one.nodes}",
                f"{one.edges - len(one.missing_edges)} of {one.edges}",
                f"{one.percent:g} %",
            )
            for one in coverages
        ],
    )
    for one in coverages:
        if one.percent < 100:  # noqa: PLR2004 - percent
            click.echo(f"{one.flow}: nothing walks")
        for missing in (*one.missing_nodes, *one.missing_edges):
            click.echo(f"  {missing}")


def _print_end(judged: Judged, *, failed: int, low: Sequence[Coverage], fail_under: float | None) -> None:
    click.echo()
    if not judged:
        click.secho("no scenarios; write one: docs/flows.md, Testing", fg="red")
        return
    scenarios = "1 scenario" if len(judged) == 1 else f"{len(judged)} scenarios"
    said = f"{scenarios}, {failed} failed" if failed else f"{scenarios} as expected"
    click.secho(said, fg="red" if failed else "green")
    for one in low:
        click.secho(f"{one.flow} is covered by {one.percent:g} %, less than {fail_under:g} %", fg="red")


def _document(play: Play, verdict: Verdict) -> dict[str, Any]:
    found = verdict.rehearsal
    error = verdict.error
    return {
        "file": play.where,
        "flow": play.flow.flow,
        "scenario": play.scenario.name,
        "holds": verdict.holds,
        "differences": [
            {"what": one.what, "expected": one.expected, "found": one.found, "notes": one.notes}
            for one in verdict.differences
        ],
        "error": {"message": error.message, "suggestions": error.suggestions} if error else None,
        "path": found.path if found else None,
        "status": found.status if found else None,
        "facts": found.facts if found else None,
    }


def _coverages(coverages: Sequence[Coverage]) -> list[dict[str, Any]]:
    return [
        {
            "flow": one.flow,
            "nodes": one.nodes,
            "edges": one.edges,
            "percent": one.percent,
            "missing_nodes": [str(missing) for missing in one.missing_nodes],
            "missing_edges": [str(missing) for missing in one.missing_edges],
        }
        for one in coverages
    ]
