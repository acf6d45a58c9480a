"""`fluxagents flows`: the decision trees."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fluxagents.workers.commands.display.output import examples, json_option, print_json, print_table
from fluxagents.workers.commands.flows import flow_tests

if TYPE_CHECKING:
    from fluxagents.scheduler.flow_files.flow_library import FlowLibrary

FORMATS = {"mermaid": (".mmd", ".mermaid"), "dot": (".dot", ".gv"), "svg": (".svg",)}
"""What `flows graph` writes, with the endings of its files."""


@click.group(
    epilog=examples(
        "fluxagents flows list",
        "fluxagents flows graph metabolic_analysis -o flow.svg",
        "fluxagents flows validate my_flow.yaml",
        "fluxagents flows test my_flow.yaml --coverage",
    )
)
def flows() -> None:
    """List, show, draw, check and test flows."""


flows.add_command(flow_tests.test)
flows.add_command(flow_tests.record)


def library() -> FlowLibrary:
    """The flows that ship, and the user's."""
    from fluxagents.scheduler.flow_files.flow_library import FlowLibrary
    from fluxagents.workers.settings import Settings

    return FlowLibrary([Settings.load().flows_folder])


@flows.command("list", epilog=examples("fluxagents flows list --json"))
@json_option
def list_flows(as_json: bool) -> None:
    """List the flows that runs can be started with: those that ship and those in your folder.

    Your folder is FLUXAGENTS_FLOWS_DIR, else `flows` in the data folder. A flow there hides a shipped one of
    its name.
    """
    read = library()
    found = read.flows().values()
    for error in read.errors():
        click.secho(f"left out: {error.message}", fg="red", err=True)
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

    found = library().get(flow)
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
    from fluxagents.workers.commands.artifacts.address import output_path
    from fluxagents.workers.commands.flows.drawings import picture_for, written
    from fluxagents.workers.files.table_file import write_bytes

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


@flows.command(
    epilog=examples(
        "fluxagents flows validate my_flow.yaml",
        "fluxagents flows validate            # all that ship, and all in your folder",
    )
)
@click.argument("flow", required=False)
@json_option
def validate(flow: str | None, as_json: bool) -> None:
    """Check FLOW, a name or a YAML file, or all flows; exit status 1 if one cannot run.

    Finds dead ends, nodes that are never reached, cycles without a budget, and unknown tools, prompts, flows
    and facts, each with its line.
    """
    from fluxagents.flows.language.validation import find_file_problems
    from fluxagents.prompts.versions.manager import PromptManager
    from fluxagents.tasks.registry import TOOLS, tool_facts

    found = library()
    tools, prompts, known = tool_facts(TOOLS), PromptManager().names, found.flows()
    problems = {
        where: find_file_problems(text, where=where, tools=tools, prompts=prompts, flows=known)
        for where, text in found.texts(flow)
    }
    if as_json:
        print_json([{"file": where, "problems": said} for where, said in problems.items()])
    else:
        for where, said in problems.items():
            click.echo("\n".join(said) if said else f"{where} can run")
    sys.exit(1 if any(problems.values()) else 0)


@flows.command(epilog=examples("fluxagents flows schema > flow.schema.json"))
def schema() -> None:
    """Print the JSON Schema of flow files, with which editors complete and check them."""
    from fluxagents.flows.language.definition import flow_schema

    print_json(flow_schema())
