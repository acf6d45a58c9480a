"""`fluxagents tools list` and `schema`: what can be computed, from what."""

from __future__ import annotations

import json

import click

from fluxagents.tasks.registry import TOOLS, require_tool
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, fold, print_json, print_table


@click.command("list", epilog=examples("fluxagents tools list --json"))
@json_option
def list_tools(as_json: bool) -> None:
    """List the tools."""
    if as_json:
        print_json(
            [
                {"name": tool.name, "purpose": tool.purpose, "needs_approval": tool.needs_approval}
                for tool in TOOLS.entries.values()
            ]
        )
        return
    print_table(("tool", "purpose"), [(tool.name, tool.purpose) for tool in TOOLS.entries.values()])


@click.command(epilog=examples("fluxagents tools schema analyze_essentiality --json"))
@click.argument("name")
@json_option
def schema(name: str, as_json: bool) -> None:
    """Show a tool's arguments, their units, defaults and an example."""
    require_tool(name, TOOLS)
    tool = TOOLS.entries[name]
    described = tool.schema
    if as_json:
        print_json({**described, "reference": tool.reference, "example": dict(tool.example)})
        return
    echo(f"{fold(f'{tool.name}: {tool.purpose}')}\n")
    parameters = described["parameters"]
    assert isinstance(parameters, dict)
    properties = parameters.get("properties", {})
    assert isinstance(properties, dict)
    rows = [
        (argument, json.dumps(spec.get("default")), str(spec.get("description", "")))
        for argument, spec in properties.items()
        if isinstance(spec, dict)
    ]
    print_table(("argument", "default", "meaning"), rows, empty="no arguments")
    arguments = " ".join(f"--arg {key}='{json.dumps(value)}'" for key, value in tool.example.items())
    echo(f"\nexample: fluxagents tools call {tool.name} --model e_coli_core {arguments}".rstrip())
    echo(fold(f"method:  {tool.reference}"))
