"""`fluxagents flows test` and `fluxagents flows record`: flows without tools, chat models and humans."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from fluxagents.flows.testing.coverage import Coverage
from fluxagents.flows.testing.scenario_result import ScenarioResult
from fluxagents.scheduler.flow_files.scenario_suites import ScenarioCase, load_suite, record_run
from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json, print_table
from fluxagents.workers.commands.flows.junit import build_junit
from fluxagents.workers.settings import Settings

Results = Sequence[tuple[ScenarioCase, ScenarioResult]]


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
    suite = load_suite(target, folders=[Settings.load().flows_folder]).select(name)
    results = [(case, case.run()) for case in suite.cases]
    coverages = suite.measure_coverage(result for _, result in results)
    low = [coverage for coverage in coverages if fail_under is not None and coverage.percent < fail_under]
    failed = sum(not result.holds for _, result in results)
    if junit:
        junit.write_text(build_junit(results), encoding="utf-8")
    if as_json:
        documents = [_document(case, result) for case, result in results]
        print_json({"scenarios": documents, "coverage": [_coverage(coverage) for coverage in coverages]})
    else:
        _print_results(results)
        if with_coverage or low:
            _print_coverage(coverages)
        _print_end(len(results), failed=failed)
        for coverage in low:
            share = f"{coverage.percent:g} %, less than {fail_under:g} %"
            echo(f"{coverage.flow} is covered by {share}", fg="red")
    sys.exit(1 if failed or low or not results else 0)


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
    text = record_run(CommandClient().store, run_id, name=name)
    if output:
        output.write_text(text, encoding="utf-8")
    if as_json:
        print_json({"run_id": run_id, "file": str(output) if output else None, "yaml": text})
    elif output:
        echo(f"{output}: play it with `fluxagents flows test {output}`")
    else:
        echo(text, nl=False)


def _print_results(results: Results) -> None:
    where = ""
    for case, result in results:
        if case.where != where:
            where = case.where
            echo(f"{case.flow.flow} v{case.flow.version}  {_relative(where)}", bold=True)
        sign, colour = ("✓", "green") if result.holds else ("✗", "red")
        echo(f"  {sign}", nl=False, fg=colour)
        echo(f" {case.scenario.name}")
        if not result.holds:
            echo("".join(f"      {line}\n" for line in _reason(result).splitlines()), nl=False)


def _relative(where: str) -> str:
    """A path as one would type it here."""
    path = Path(where)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else where


def _reason(result: ScenarioResult) -> str:
    """The telling difference, and how many there are beside it."""
    more = len(result.differences) - 1
    if more < 0:
        return str(result)
    return f"{result.differences[0]}" + (f"\nand {more} more, with --json" if more else "")


def _print_coverage(coverages: Sequence[Coverage]) -> None:
    echo()
    print_table(
        ("flow", "nodes", "edges", "covered"),
        [
            (
                coverage.flow,
                f"{coverage.nodes - len(coverage.missing_nodes)} of {coverage.nodes}",
                f"{coverage.edges - len(coverage.missing_edges)} of {coverage.edges}",
                f"{coverage.percent:g} %",
            )
            for coverage in coverages
        ],
    )
    for coverage in coverages:
        missing = (*coverage.missing_nodes, *coverage.missing_edges)
        if missing:
            echo(f"{coverage.flow}: nothing walks")
        for part in missing:
            echo(f"  {part}")


def _print_end(count: int, *, failed: int) -> None:
    echo()
    if not count:
        echo("no scenarios; write one: docs/flows.md, Testing", fg="red")
        return
    scenarios = "1 scenario" if count == 1 else f"{count} scenarios"
    end = f"{scenarios}, {failed} failed" if failed else f"{scenarios} as expected"
    echo(end, fg="red" if failed else "green")


def _document(case: ScenarioCase, result: ScenarioResult) -> dict[str, Any]:
    run, error = result.run, result.error
    return {
        "file": case.where,
        "flow": case.flow.flow,
        "scenario": case.scenario.name,
        "holds": result.holds,
        "differences": [
            {name: getattr(difference, name) for name in ("what", "expected", "found", "notes")}
            for difference in result.differences
        ],
        "error": {"message": error.message, "suggestions": error.suggestions} if error else None,
        "path": run.path if run else None,
        "status": run.status if run else None,
        "facts": run.facts if run else None,
    }


def _coverage(coverage: Coverage) -> dict[str, Any]:
    return {
        "flow": coverage.flow,
        "nodes": coverage.nodes,
        "edges": coverage.edges,
        "percent": coverage.percent,
        "missing_nodes": [str(missing) for missing in coverage.missing_nodes],
        "missing_edges": [str(missing) for missing in coverage.missing_edges],
    }
