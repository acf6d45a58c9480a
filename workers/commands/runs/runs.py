"""`fluxagents runs`: look at runs and control them. Each command is imported when it is called."""

from __future__ import annotations

import click

from fluxagents.workers.commands.display.lazy_group import LazyGroup
from fluxagents.workers.commands.display.options import examples

COMMANDS = {
    "list": ("runs.run_listing:list_runs", "List runs, the newest first."),
    "show": ("runs.run_details:show", "Show a run: its answer, the findings behind it, its time and cost."),
    "events": ("runs.run_details:events", "Show a run's log: every event, in order."),
    "watch": ("runs.run_details:watch", "Follow a run until it ends or needs a human."),
    "timeline": ("runs.history.timeline:timeline", "Show what happened in a run: one paragraph per step."),
    "explain": (
        "runs.history.explain:explain",
        "Show one step: its command, its prompt, its events.",
    ),
    "diff": ("runs.history.diff:diff", "Show where two runs differ."),
    "replay": (
        "runs.history.replay_check:replay",
        "Fold a run's log and compare the state with the stored one.",
    ),
    "fork": ("runs.rewind:fork", "Start a new run that shares the first steps of another one."),
    "rollback": ("runs.rewind:rollback", "Rewind a run, even one that has ended, to an earlier step."),
    "restart": ("runs.rewind:restart", "Restart a run at a node, with the state of its last visit there."),
    "migrate": ("runs.rewind:migrate", "Let a run go on with another version of its flow."),
    "signal": ("runs.rewind:signal", "Send a run a named event."),
    "step": ("runs.stepping:step", "Go on with a run that was started with `run --step`."),
    "export": ("runs.transfer:export_run", "Write a run as one file."),
    "import": ("runs.transfer:import_run", "Take in a run that `runs export` wrote."),
    "pause": ("runs.run_changes:pause", "Pause a run, after the step that runs now if there is one."),
    "resume": ("runs.run_changes:resume", "Let a paused run go on."),
    "cancel": ("runs.run_changes:cancel", "End a run, or all of a session, now."),
    "rate": ("collaboration.feedback:rate", "Say how good a run was, from 1 to 5."),
    "correct": ("collaboration.feedback:correct", "Say what an answer or a decision should have been."),
    "ratings": ("collaboration.rating_figures:ratings", "Show ratings, and how far raters agree."),
    "comment": ("collaboration.remarks:comment", "Say something about a run, a step or a finding."),
    "remarks": ("collaboration.remarks:remarks", "Show what people said about a run."),
    "dead": ("runs.run_listing:dead", "List the dead letters: runs with a step that never ended."),
    "retry": ("runs.run_changes:retry", "Retry a run from the dead letters."),
    "discard": ("runs.run_changes:discard", "End a run from the dead letters; its log stays."),
    "archive": ("runs.run_changes:archive", "Move ended runs from Redis to the archive."),
}
"""Name -> (module:attribute below `fluxagents.workers.commands`, help)."""


@click.group(
    cls=LazyGroup,
    commands_below=COMMANDS,
    epilog=examples(
        "fluxagents runs list --status waiting",
        "fluxagents runs show 01JB…",
        "fluxagents runs timeline 01JB…",
        "fluxagents runs explain 01JB… --step 3",
        "fluxagents runs diff 01JB… 01JC…",
        "fluxagents runs cancel 01JB… --reason 'wrong model'",
        "fluxagents runs archive --older-than 30d",
    ),
)
def runs() -> None:
    """Look at runs, follow, compare, pause, resume or cancel them."""
