"""Warnings as people read them: plain sentences, folded at 80 columns on a terminal."""

from __future__ import annotations

import click

from fluxagents.tasks.ports.models import ModelWarning
from fluxagents.workers.commands.display import output
from fluxagents.workers.commands.display.output import echo

COLUMNS = 80


def print_warning(text: str, *, indent: str = "", err: bool = False) -> None:
    """Print a sentence as a warning."""
    sentence = f"{indent}warning: {text}"
    if output.is_terminal(err=err):
        sentence = click.wrap_text(sentence, COLUMNS, subsequent_indent=f"{indent}  ")
    echo(sentence, fg="yellow", err=err)


def print_model_warnings(warnings: tuple[ModelWarning, ...], *, indent: str = "") -> None:
    """Print what was dropped, guessed or put right in a model's file, with the first elements it is about."""
    for warning in warnings:
        print_warning(f"{warning.message}{_list_elements(warning)}", indent=indent)


def _list_elements(warning: ModelWarning) -> str:
    """The elements that the sentence does not name."""
    if all(element in warning.message for element in warning.elements):
        return ""
    shown = len(warning.elements)
    cut = f", {shown} of {warning.count} shown" if shown < warning.count else ""
    return f" ({', '.join(warning.elements)}{cut})"
