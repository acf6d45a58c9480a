"""A table as a file: CSV or Parquet, written whole or not at all."""

from __future__ import annotations

import csv
import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import pyarrow as pa
import pyarrow.parquet as pq

from fluxagents.flows.errors import ErrorClass, FluxError

SUFFIXES = (".csv", ".parquet")


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


def write_table(
    path: Path, columns: Sequence[str], rows: Sequence[tuple[object, ...]], *, numbers: Collection[str] = ()
) -> None:
    """Write a table, over the file that is there if there is one.

    Args:
        path: From `check_table_path`; its suffix tells the format.
        columns: The names.
        rows: One value a column; None is an empty cell.
        numbers: The columns of numbers; all others are text.
    """
    with replace_atomically(path) as draft:
        if path.suffix == ".csv":
            with draft.open("w", encoding="utf-8", newline="") as file:
                _write_csv(file, columns, rows)
        else:
            _write_parquet(draft, columns, rows, numbers)


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


def _write_csv(file: TextIO, columns: Sequence[str], rows: Sequence[tuple[object, ...]]) -> None:
    writer = csv.writer(file)
    writer.writerow(columns)
    writer.writerows(rows)


def _write_parquet(
    path: Path, columns: Sequence[str], rows: Sequence[tuple[object, ...]], numbers: Collection[str]
) -> None:
    schema = pa.schema([(name, pa.float64() if name in numbers else pa.string()) for name in columns])
    data = {name: [row[at] for row in rows] for at, name in enumerate(columns)}
    pq.write_table(pa.table(data, schema=schema), path)
