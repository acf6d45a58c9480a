"""What cobra and pandas remark on goes to the log, not to a user's terminal.

What a user should know of it is said in warnings of ours when a model is read; see `ModelRecord.warnings`.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

_LOG = logging.getLogger("fluxagents.libraries")
_NOWHERE = logging.NullHandler()

_TOLD_AT_READING = r"cobra\.core\.(formula|metabolite)|cobra\.medium\.boundary_types"
"""Modules whose remarks on a model's formulas and compartments are among its own warnings."""


@contextmanager
def log_library_warnings() -> Iterator[None]:
    """Log what Python's warnings would print meanwhile, and let cobra's logger print nothing by default.

    Filters hold as before, so that a warning that is made an error is one.
    """
    logging.getLogger("cobra").addHandler(_NOWHERE)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=_TOLD_AT_READING)
        warnings.showwarning = _log
        yield


def _log(  # noqa: PLR0917 - as `warnings.showwarning` is called
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    del file, line
    _LOG.info("%s: %s (%s:%d)", category.__name__, message, filename, lineno)
