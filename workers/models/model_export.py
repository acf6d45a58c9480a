"""The file of a model on this machine."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING

from fluxagents.tasks.fba.models.model_file import FileFormat, encode_model

if TYPE_CHECKING:
    from cobra import Model


def write(model: Model, kind: FileFormat, path: str | Path) -> None:
    """Write a model, compressed if the path ends in `.gz`.

    Args:
        model: Stays as it is.
        kind: The format, whatever the path says.
        path: Where to; a file that is there is replaced.
    """
    write_data(encode_model(model, kind), path)


def write_data(data: bytes, path: str | Path) -> None:
    """Write the bytes of a file, compressed if the path ends in `.gz`."""
    Path(path).write_bytes(gzip.compress(data, mtime=0) if str(path).endswith(".gz") else data)
