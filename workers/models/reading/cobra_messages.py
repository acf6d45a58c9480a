"""What cobra logs and warns of while it reads a file: kept from the terminal, and told if new."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from fluxagents.tasks.ports.models import ModelWarning

_SAID_OTHERWISE = re.compile(
    r"discouraged|fbc-v1|fbc:strict|fbc package information|not supported by cobrapy|[Oo]bjective"
    r"|Missing \w+ (?:flux )?bound|Adding exchange reaction|already exists"
    r"|No (?:metabolites|reactions) in model|not a valid SBML 'SId'"
)
"""Messages that say what a warning, a refusal or the file's own words say already."""

_SHOWN_CHARACTERS = 300


class _Keeper(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@contextmanager
def capture_messages() -> Iterator[list[str]]:
    """The messages of cobra's loggers and of Python's warnings, complete when the block has ended."""
    logger = logging.getLogger("cobra")
    keeper = _Keeper()
    propagates = logger.propagate
    logger.propagate = False
    logger.addHandler(keeper)
    messages: list[str] = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("ignore", FutureWarning)  # of pandas about cobra's own indexing
            warnings.simplefilter("always", UserWarning)
            warnings.simplefilter("always", SyntaxWarning)
            yield messages
    finally:
        logger.removeHandler(keeper)
        logger.propagate = propagates
        spoken = (
            str(item.message) for item in caught if issubclass(item.category, UserWarning | SyntaxWarning)
        )
        messages.extend([*keeper.messages, *spoken])


def explain_messages(messages: Sequence[str]) -> list[ModelWarning]:
    """One warning for what nothing else says."""
    new = list(dict.fromkeys(text for text in messages if not _SAID_OTHERWISE.search(text)))
    if not new:
        return []
    first = " ".join(new[0].split())[:_SHOWN_CHARACTERS]
    message = (
        f"cobra remarks on {len(new)} things in the file, which may be read otherwise than meant: {first}"
    )
    return [ModelWarning(kind="reader_remark", message=message, count=len(new))]
