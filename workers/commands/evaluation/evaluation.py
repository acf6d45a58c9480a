"""`fluxagents eval`: cases that people's corrections made, and how a chat model does on them."""

from __future__ import annotations

import click

from fluxagents.workers.commands.display.lazy_group import LazyGroup
from fluxagents.workers.commands.display.options import examples

COMMANDS = {
    "add": ("evaluation.cases:add", "Make an evaluation case of a run and its correction."),
    "list": ("evaluation.cases:list_cases", "List the cases."),
    "remove": ("evaluation.cases:remove", "Remove a case."),
    "run": ("evaluation.run:run", "Put the cases to the planner or a chat model, and say what is right."),
}
"""Name -> (module:attribute below `fluxagents.workers.commands`, help)."""


@click.group(
    "eval",
    cls=LazyGroup,
    commands_below=COMMANDS,
    epilog=examples(
        "fluxagents runs correct 01JB… --call 'find_essential_genes {}'",
        "fluxagents eval add 01JB…",
        "fluxagents eval run",
        "fluxagents eval run --chat-model openai:qwen3",
    ),
)
def evaluation() -> None:
    """Questions whose answer people have corrected: files in the folder `evaluations` of the data folder."""
