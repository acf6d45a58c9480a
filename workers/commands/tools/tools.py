"""`fluxagents tools`: what can be computed; each command is imported when called."""

from __future__ import annotations

import click

from fluxagents.workers.commands.display.lazy_group import LazyGroup
from fluxagents.workers.commands.display.options import examples

COMMANDS = {
    "list": ("tools.tool_listing:list_tools", "List the tools."),
    "schema": ("tools.tool_listing:schema", "Show a tool's arguments, their units, defaults and an example."),
    "call": ("tools.tool_calls:call", "Call a tool in this process, with no queue and no run."),
    "preview": ("tools.tool_calls:preview", "Show what a tool that changes a model would do."),
}
"""Name -> (module:attribute below `fluxagents.workers.commands`, help)."""


@click.group(
    cls=LazyGroup,
    commands_below=COMMANDS,
    epilog=examples(
        "fluxagents tools list",
        "fluxagents tools schema run_flux_variability_analysis",
        "fluxagents tools call run_metabolic_fba --model e_coli_core --arg method=fba",
    ),
)
def tools() -> None:
    """List the tools, show their arguments, or call one in this process."""
