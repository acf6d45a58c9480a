"""A group of commands that imports a command when it is called, and none to list them."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import click

PACKAGE = "fluxagents.workers.commands"


class LazyGroup(click.Group):
    """A group whose commands are known by name, address and help.

    Args:
        commands_below: Name -> (`module:attribute` below `PACKAGE`, its help in one line).
    """

    def __init__(self, *args: Any, commands_below: Mapping[str, tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._addresses = commands_below

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(self._addresses)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in self._addresses:
            return None
        module, _, attribute = self._addresses[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(f"{PACKAGE}.{module}"), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self._addresses.items()])

    def resolve_command(
        self,
        ctx: click.Context,
        args: list[str],
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self._addresses and not args[0].startswith("-"):
            close = get_close_matches(args[0], self._addresses, n=3)
            hint = f" Did you mean: {', '.join(close)}?" if close else ""
            ctx.fail(f"No such command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)
