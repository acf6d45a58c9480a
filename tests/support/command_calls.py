"""A command called in this process."""

from __future__ import annotations

import click
from click.testing import CliRunner, Result


def invoke(command: click.Command, *words: str, status: int = 0) -> Result:
    """Call a command; its error is raised, and it must end with the exit status."""
    done = CliRunner().invoke(command, words)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == status, done.output
    return done
