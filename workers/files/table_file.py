"""A table as a file of the format that its suffix says, written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.files.table_formats import FORMATS, encode_tables, rows_as_json

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = tuple(f".{kind}" for kind in FORMATS)


def check_table_path(text: str, *, suffixes: tuple[str, ...] = SUFFIXES) -> Path:
    """Where a table can be written.

    Raises:
        FluxError: If the suffix is not known, or the folder does not exist or may not be written to.
    """
    path = Path(text)
    if path.suffix not in suffixes:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"table {text!r} has no known suffix",
            suggestions=(f"end its name with {' or '.join(suffixes)}",),
        )
    if path.is_dir() or not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"table {text!r} cannot be written",
            suggestions=("name a file in a folder that exists and that you may write to",),
        )
    return path


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table, over the file that is there if there is one.

    Args:
        path: From `check_table_path`; its suffix tells the format.
        table: What is missing is an empty cell or null.

    Raises:
        FluxError: `BAD_ARGUMENT` if the format cannot hold it.
    """
    if path.suffix == ".json":
        write_bytes(path, rows_as_json(table))
    else:
        kind = next(known for known in FORMATS if path.suffix == f".{known}")
        write_bytes(path, encode_tables(kind, {"table": table}, {}))


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file, over the one that is there if there is one."""
    with replace_atomically(path) as draft:
        draft.write_bytes(data)


@contextmanager
def replace_atomically(path: Path) -> Iterator[Path]:
    """A file beside it that takes its place in the end, unless something goes wrong."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
