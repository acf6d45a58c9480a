"""`fluxagents flows`: the decision trees."""

from __future__ import annotations

import sys

import click
import yaml

from fluxagents.flows.drawing.picture import build_picture
from fluxagents.flows.language.definition import flow_schema
from fluxagents.flows.language.validation import find_file_problems
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.scheduler.flow_files.flow_library import FlowLibrary
from fluxagents.tasks.registry import TOOLS, tool_facts
from fluxagents.workers.commands.artifacts.address import output_path
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json, print_table
from fluxagents.workers.commands.flows import flow_tests
from fluxagents.workers.commands.flows.drawings import WRITERS, draw_run, format_of, parse_format
from fluxagents.workers.files.table_file import write_bytes
from fluxagents.workers.settings import Settings


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
    return FlowLibrary([Settings.load().flows_folder])


@flows.command("list", epilog=examples("fluxagents flows list --json"))
@json_option
def list_flows(as_json: bool) -> None:
    """List the flows that runs can be started with: those that ship and those in your folder.

    Your folder is FLUXAGENTS_FLOWS_DIR, else `flows` in the data folder. A flow there hides a shipped one of
    its name.
    """
    known = library()
    all_flows = known.flows().values()
    for error in known.errors():
        echo(f"left out: {error.message}", fg="red", err=True)
    if as_json:
        print_json(
            [{"flow": flow.flow, "version": flow.version, "purpose": flow.purpose} for flow in all_flows]
        )
        return
    print_table(
        ("flow", "version", "purpose"), [(flow.flow, flow.version, flow.purpose) for flow in all_flows]
    )


@flows.command(epilog=examples("fluxagents flows show metabolic_analysis"))
@click.argument("flow")
@json_option
def show(flow: str, as_json: bool) -> None:
    """Show the definition of FLOW, a name or a YAML file."""
    definition = library().get(flow)
    document = definition.model_dump(mode="json", exclude_defaults=True)
    if as_json:
        print_json({**document, "digest": definition.digest})
    else:
        echo(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), nl=False)


@flows.command(
    epilog=examples(
        "fluxagents flows graph metabolic_analysis",
        "fluxagents flows graph my_flow.yaml -o my_flow.svg",
        "fluxagents flows graph --run 01JB… -o run.svg",
    )
)
@click.argument("flow", required=False)
@click.option("--run", "run_id", help="Lay this run over the version of the flow that it keeps.")
@click.option(
    "--format",
    "form",
    metavar=f"[{'|'.join(WRITERS)}]",
    callback=parse_format,
    help="By default what the ending of the file says, else mermaid.",
)
@click.option("-o", "--output", help="Write to this file.")
@json_option
def graph(flow: str | None, run_id: str | None, form: str | None, output: str | None, as_json: bool) -> None:
    """Draw FLOW, a name or a YAML file, as Mermaid or SVG; with --run what a run did at each node.

    With --json the nodes and edges, as data.
    """
    path = output_path(output)
    write = WRITERS[form or format_of(path)]
    definition = library().get(flow) if flow else None
    if run_id:
        picture = draw_run(run_id, definition)
    elif definition:
        picture = build_picture(definition)
    else:
        raise click.UsageError("name a flow or a YAML file, or a run with --run")
    text = write(picture)
    if path:
        write_bytes(path, text.encode())
    if as_json:
        print_json({**picture.model_dump(mode="json"), "file": str(path) if path else None})
    elif path:
        echo(f"{path}: {picture.flow} v{picture.version}, {len(picture.nodes)} nodes")
    else:
        echo(text, nl=False)


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
    known = library()
    tools, prompts, known_flows = tool_facts(TOOLS), PromptManager().names, known.flows()
    problems = {
        where: find_file_problems(text, where=where, tools=tools, prompts=prompts, flows=known_flows)
        for where, text in known.texts(flow)
    }
    if as_json:
        print_json([{"file": where, "problems": sentences} for where, sentences in problems.items()])
    else:
        for where, sentences in problems.items():
            echo("\n".join(sentences) if sentences else f"{where} can run")
    sys.exit(1 if any(problems.values()) else 0)


@flows.command(epilog=examples("fluxagents flows schema > flow.schema.json"))
def schema() -> None:
    """Print the JSON Schema of flow files, with which editors complete and check them."""
    print_json(flow_schema())
