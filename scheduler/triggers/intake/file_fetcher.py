"""Fetches the files that the runs of a trigger are about."""

from __future__ import annotations

from typing import Protocol

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.scheduler.webhooks.commit_status import is_commit
from fluxagents.scheduler.webhooks.endpoint import Endpoint

NO_COMMIT = "0"
"""A commit of this digit alone is none: it stands before the first push to a branch."""

MAX_PATH = 1_000
"""Characters."""


class FileFetcher(Protocol):
    """Asks repositories, which may be slow, wrong or gone, within a bounded time."""

    def fetch(self, repository: Endpoint, path: str, commit: str) -> bytes | None:
        """A file as it is at a commit; None if there is none.

        Raises:
            FluxError: `PROVIDER_OUTAGE` if the repository cannot be asked now, `PERMISSION` or
                `BAD_ARGUMENT` if it does not give the file.
        """
        ...


def split_address(text: object) -> tuple[str, str]:
    """The path and the commit of `models/core.xml@0123…`, which an expression gives.

    Raises:
        FluxError: `BAD_ARGUMENT` if it is no such thing; neither leads out of the repository.
    """
    path, at, commit = str(text).rpartition("@")
    steps = path.split("/")
    is_path = len(path) <= MAX_PATH and path.isprintable() and not {"", ".", ".."} & set(steps)
    if not isinstance(text, str) or not at or not is_path or not is_commit(commit):
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"{str(text)[:200]!r} names no file of a repository",
            suggestions=(
                "write path@commit, with all digits of the commit: 'models/core.xml@' + payload.after",
            ),
        )
    return path, commit
