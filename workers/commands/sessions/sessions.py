"""`fluxagents sessions`: runs that belong together. Each command is imported when it is called."""

from __future__ import annotations

import click

from fluxagents.workers.commands.display.lazy_group import LazyGroup
from fluxagents.workers.commands.display.options import examples

COMMANDS = {
    "list": ("sessions.listing:list_sessions", "List sessions, those that were active last first."),
    "show": ("sessions.listing:show", "Show a session: its runs, its budget, and what it has used."),
    "create": ("sessions.changes:create", "Make a session, with a label and a budget."),
    "describe": ("sessions.changes:describe", "Change the label or the description of a session."),
    "share": ("sessions.changes:share", "Give somebody a role in a session."),
    "hand-over": ("sessions.hand_over:hand_over", "Make somebody else the owner of a session."),
    "budget": ("sessions.limits:budget", "Show or change what the runs of a session may use together."),
    "pause": ("sessions.steering:pause", "Pause all runs of a session."),
    "resume": ("sessions.steering:resume", "Let all paused runs of a session go on."),
    "cancel": ("sessions.steering:cancel", "End all runs of a session that have not ended."),
    "close": ("sessions.changes:close", "Let a session take no new runs."),
    "archive": ("sessions.changes:archive", "Move a session and its runs from Redis to the archive."),
    "restore": ("sessions.changes:restore", "Open a session that was closed or archived."),
    "fork": ("sessions.fork:fork", "Make a session from another one: the same runs, or with changes."),
    "clusters": (
        "sessions.clusters:clusters",
        "Show which runs ask the same, where answers disagree, and what stands out.",
    ),
    "stats": ("sessions.stats:stats", "Show how a session went: states over time, steps, tokens, costs."),
    "report": ("sessions.report:report", "Write a report of a session as one HTML or PDF file."),
    "notebook": (
        "sessions.notebook:notebook",
        "Tell what the answers of a session mean, and let others read it.",
    ),
    "export": ("sessions.transfer:export_session", "Write a session with all its runs as one file."),
    "import": ("sessions.transfer:import_session", "Take in a session that `sessions export` wrote."),
}
"""Name -> (module:attribute below `fluxagents.workers.commands`, help)."""


@click.group(
    cls=LazyGroup,
    commands_below=COMMANDS,
    epilog=examples(
        "fluxagents sessions list",
        "fluxagents sessions create survey --label 'Carbon sources' --tokens 200000",
        "fluxagents sessions show nightly",
        "fluxagents sessions clusters nightly",
        "fluxagents sessions report nightly -o nightly.html",
    ),
)
def sessions() -> None:
    """Runs that belong together: list, limit, share, steer, compare, report and archive them."""
