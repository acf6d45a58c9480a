"""`fluxagents flows`: the decision trees."""

from __future__ import annotations

import sys

import click

from fluxagents.workers.commands import flow_tests
from fluxagents.workers.commands.output import examples, json_option, print_json, print_table


@click.group(
    epilog=examples(
        "fluxagents flows list",
        "fluxagents flows graph metabolic_analysis > flow.mmd",
        "fluxagents flows validate my_flow.yaml",
        "fluxagents flows test my_flow.yaml --coverage",
    )
)
def flows() -> None:
    """List, show, draw, check and test flows."""


flows.add_command(flow_tests.test)
flows.add_command(flow_tests.record)


@flows.command("list", epilog=examples("fluxagents flows list --json"))
@json_option
def list_flows(as_json: bool) -> None:
    """List the flows that runs can be started with."""
    from fluxagents.scheduler.flow_library import FlowLibrary

    found = FlowLibrary().flows().values()
    if as_json:
        print_json([{"flow": flow.flow, "version": flow.version, "purpose": flow.purpose} for flow in found])
        return
    print_table(("flow", "version", "purpose"), [(flow.flow, flow.version, flow.purpose) for flow in found])


@flows.command(epilog=examples("fluxagents flows show metabolic_analysis"))
@click.argument("flow")
@json_option
def show(flow: str, as_json: bool) -> None:
    """Show the definition of FLOW, a name or a YAML file."""
    import yaml

    from fluxagents.scheduler.flow_library import FlowLibrary

    found = FlowLibrary().get(flow)
    document = found.model_dump(mode="json", exclude_defaults=True)
    if as_json:
        print_json({**document, "digest": found.digest})
    else:
        click.echo(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), nl=False)


@flows.command(epilog=examples("fluxagents flows graph metabolic_analysis"))
@click.argument("flow")
@json_option
def graph(flow: str, as_json: bool) -> None:
    """Draw FLOW as Mermaid."""
    from fluxagents.flows.graph import mermaid
    from fluxagents.scheduler.flow_library import FlowLibrary

    drawn = mermaid(FlowLibrary().get(flow))
    if as_json:
        print_json({"flow": flow, "mermaid": drawn})
    else:
        click.echo(drawn, nl=False)


@flows.command(epilog=examples("fluxagents flows validate my_flow.yaml"))
@click.argument("flow")
@json_option
def validate(flow: str, as_json: bool) -> None:
    """Check FLOW; exit status 1 if it cannot run."""
    from fluxagents.flows.controller import FlowController
    from fluxagents.scheduler.flow_library import FlowLibrary
    from fluxagents.tasks.effects import catalog
    from fluxagents.tasks.fba.registry import TOOLS

    found = FlowLibrary().get(flow)
    problems = FlowController(found, tools=catalog(TOOLS)).validate_flow()
    if as_json:
        print_json(
            {"flow": found.flow, "version": found.version, "digest": found.digest, "problems": problems}
        )
    elif problems:
        for problem in problems:
            click.secho(problem, fg="red")
    else:
        click.echo(f"{found.flow} v{found.version} can run: {len(found.nodes)} nodes")
    sys.exit(1 if problems else 0)
