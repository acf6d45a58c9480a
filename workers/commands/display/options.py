"""The options that many commands share, and the examples at the end of their help."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

import click

from fluxagents.flows.texts.display import quote
from fluxagents.flows.texts.grammar import is_name

Command = TypeVar("Command", bound=Callable[..., Any])

JSON_FLAG = "--json"


def examples(*lines: str) -> str:
    """The examples at the end of a command's help, one per line: `@click.command(epilog=examples(...))`."""
    # click rewraps a paragraph unless it begins with a backspace.
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def json_option(command: Command) -> Command:
    """Give a command the flag `--json`, passed to it as `as_json`.

    An error of a command called with the flag is a JSON document too: see `fluxagents.workers.cli`.
    """
    return click.option(JSON_FLAG, "as_json", is_flag=True, help="Print one JSON document, for scripts.")(
        command
    )


def by_option(command: Command) -> Command:
    """Give a command the option `--by`: in whose name it acts; see `check_claim` for who may name another."""
    return click.option(
        "--by", metavar="NAME", show_default="you", callback=_check_person, help="In whose name."
    )(command)


def comment_option(command: Command) -> Command:
    """Give a command the option `--comment`, an empty text without it."""
    return click.option("--comment", default="", metavar="TEXT", help="Why; it is kept with the vote.")(
        command
    )


def digest_option(command: Command) -> Command:
    """Give a command the option `--digest`: what was shown; an edit since then is an error."""
    return click.option(
        "--digest",
        default="",
        metavar="SHA256",
        help="Of what you were shown; after an edit nothing is done.",
    )(command)


def _check_person(_: click.Context, __: click.Parameter, by: str | None) -> str | None:
    if by is not None and not is_name(by):
        raise click.BadParameter(f"{quote(by)} names nobody")
    return by


def parse_pairs(pairs: tuple[str, ...]) -> dict[str, Any]:
    """`name=value` words as arguments; a value that is JSON is read as JSON, any other is text.

    Raises:
        click.BadParameter: If a word has no `=`.
    """
    values: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise click.BadParameter(f"{pair!r} is not name=value")
        try:
            values[name] = json.loads(value)
        except json.JSONDecodeError:
            values[name] = value
    return values


def parse_texts(pairs: tuple[str, ...]) -> dict[str, str]:
    """`name=text` words; a text may have `=` of its own.

    Raises:
        click.BadParameter: If a word has no `=`.
    """
    texts: dict[str, str] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            raise click.BadParameter(f"{pair!r} is not name=text")
        texts[name] = text
    return texts
