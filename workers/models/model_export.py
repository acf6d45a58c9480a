"""A model as a file for other programs."""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

from cobra import Model, io

from fluxagents.workers.models import model_forms

SUFFIXES = {"sbml": ".xml", "json": ".json", "yaml": ".yml", "mat": ".mat"}
"""Format -> suffix of its files."""


def write(model: Model, kind: str, path: str | Path) -> None:
    """Write a model, compressed if the path ends in `.gz`.

    JSON keeps the direction of the objective, silenced genes and groups beside what cobra writes.

    Args:
        model: Stays as it is.
        kind: One of `SUFFIXES`.
        path: Where to; a file that is there is replaced.
    """
    data = _encode(model, kind)
    Path(path).write_bytes(gzip.compress(data, mtime=0) if str(path).endswith(".gz") else data)


def _encode(model: Model, kind: str) -> bytes:
    if kind == "json":
        return model_forms.encode_json(model)
    if kind == "yaml":
        return str(io.to_yaml(model)).encode()
    with tempfile.TemporaryDirectory(prefix="fluxagents-export-") as folder:
        file = Path(folder) / f"model{SUFFIXES[kind]}"
        (io.write_sbml_model if kind == "sbml" else io.save_matlab_model)(model, str(file))
        return file.read_bytes()
