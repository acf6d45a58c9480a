"""Subsystems of a reaction: a file names one, or several, which its reader joins by `; `."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cobra import Reaction


def list_subsystems(reaction: Reaction) -> list[str]:
    """All that the file names, in its order."""
    return [name for part in (reaction.subsystem or "").split("; ") if (name := part.strip())]


def find_main_subsystem(reaction: Reaction) -> str:
    """The first one, under which the reaction is counted; "" without any."""
    return next(iter(list_subsystems(reaction)), "")
