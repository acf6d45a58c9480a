"""What a remark is about, as options of a command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from fluxagents.flows.people.remarks import WHOLE_RUN

Command = TypeVar("Command", bound=Callable[..., Any])


def subject_options(command: Command) -> Command:
    """Give a command `--step` and `--finding`; `read_subject` makes one subject of them."""
    step = click.option("--step", type=click.IntRange(min=0), help="Of this step, not of the whole run.")
    finding = click.option("--finding", metavar="ID", help="Of this finding, such as f3.")
    return step(finding(command))


def read_subject(step: int | None, finding: str | None) -> str:
    """The subject that the options name.

    Raises:
        click.UsageError: If they name two.
    """
    if step is not None and finding is not None:
        raise click.UsageError("name either a --step or a --finding")
    if step is not None:
        return f"step:{step}"
    return f"finding:{finding}" if finding is not None else WHOLE_RUN
