"""A command called in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
import pytest
from click.testing import CliRunner, Result

from fluxagents.workers.commands.display import output


@contextmanager
def simulate_terminal(columns: int = 80) -> Iterator[None]:
    """Let standard output be a terminal of this width."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(columns))
        patch.setattr(output, "is_terminal", lambda **_: True)
        yield


def invoke(command: click.Command, *words: str, status: int = 0) -> Result:
    """Call a command; its error is raised, and it must end with the exit status."""
    done = CliRunner().invoke(command, words)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == status, done.output
    return done
