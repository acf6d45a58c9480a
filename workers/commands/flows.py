"""`fluxagents flows`: the decision trees."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from fluxagents.workers.commands.output import examples, json_option, print_json, print_table

FORMATS = {"mermaid": (".mmd", ".mermaid"), "dot": (".dot", ".gv"), "svg": (".svg",)}
"""What `flows graph` writes, with the endings of its files."""


@click.group(
    epilog=examples(
        "fluxagents flows list",
        "fluxagents flows graph metabolic_analysis -o flow.svg",
        "fluxagents flows validate my_flow.yaml",
    )
)
def flows() -> None:
    """List, show, draw and check flows."""


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


@flows.command(
    epilog=examples(
        "fluxagents flows graph metabolic_analysis",
        "fluxagents flows graph my_flow.yaml -o my_flow.svg",
        "fluxagents flows graph --run 01JB… -o run.svg",
        "fluxagents flows graph metabolic_analysis --format dot | dot -Tpdf -o flow.pdf",
    )
)
@click.argument("flow", required=False)
@click.option("--run", "run_id", help="Lay this run over the version of the flow that it keeps.")
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    help="By default what the ending of the file says, else mermaid.",
)
@click.option("-o", "--output", help="Write to this file.")
@json_option
def graph(flow: str | None, run_id: str | None, form: str | None, output: str | None, as_json: bool) -> None:
    """Draw FLOW, a name or a YAML file, as Mermaid, DOT or SVG; with --run what a run did at each node.

    With --json the nodes and edges, as data.
    """
    from fluxagents.workers.commands.artifact_address import output_path
    from fluxagents.workers.commands.drawings import picture_for, written
    from fluxagents.workers.table_file import write_bytes

    path = output_path(output)
    form = form or _form_by_ending(path)
    picture = picture_for(flow, run_id)
    text = written(picture, form)
    if path:
        write_bytes(path, text.encode())
    if as_json:
        print_json({**picture.model_dump(mode="json"), "file": str(path) if path else None})
    elif path:
        click.echo(f"{path}: {picture.flow} v{picture.version}, {len(picture.nodes)} nodes")
    else:
        click.echo(text, nl=False)


def _form_by_ending(path: Path | None) -> str:
    if path is None:
        return "mermaid"
    for form, endings in FORMATS.items():
        if path.suffix.lower() in endings:
            return form
    known = ", ".join(ending for endings in FORMATS.values() for ending in endings)
    raise click.UsageError(
        f"no format is known for {path.name!r}; end the name with {known}, or give --format"
    )


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
