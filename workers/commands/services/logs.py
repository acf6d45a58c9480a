"""`fluxagents logs`: the lines of all nodes about a run, and how much each area says."""

from __future__ import annotations

import click

from fluxagents.workers.commands.display.lazy_group import LazyGroup
from fluxagents.workers.commands.display.options import examples

COMMANDS = {
    "show": (
        "services.log_lines:show",
        "Show what all nodes logged about a run; `logs RUN` does so as well.",
    ),
    "level": ("services.log_levels:level", "Show or change how much an area logs, in all processes."),
}
"""Name -> (module:attribute below `fluxagents.workers.commands`, help)."""


class _LogGroup(LazyGroup):
    """A group for which a run stands for the command that shows it."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        is_run = bool(args) and args[0] not in COMMANDS and not args[0].startswith("-")
        return super().resolve_command(ctx, ["show", *args] if is_run else args)


@click.group(
    cls=_LogGroup,
    commands_below=COMMANDS,
    epilog=examples(
        "fluxagents logs show 01JB…",
        "fluxagents logs show 01JB… --follow",
        "fluxagents logs level step DEBUG",
        "fluxagents logs level step default",
    ),
)
def logs() -> None:
    """Show what all nodes logged about a run, or change how much is logged.

    `fluxagents logs RUN` is short for `fluxagents logs show RUN`.
    """
