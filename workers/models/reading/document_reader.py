"""A model out of a document that cobra, RAVEN or another program wrote as JSON or YAML."""

from __future__ import annotations

import json

from cobra import Model

from fluxagents.tasks.fba.models.model_document import restore_model
from fluxagents.tasks.ports.models import ModelWarning
from fluxagents.workers.models.reading.bounds import read_with_any_bounds
from fluxagents.workers.models.reading.normaliser import normalise
from fluxagents.workers.models.reading.refusal import RefusedFileError
from fluxagents.workers.models.reading.remarks import Remarks
from fluxagents.workers.models.reading.yaml_document import parse_yaml


def read_json(data: bytes) -> tuple[Model, list[ModelWarning]]:
    """The model, and what a user should know about its file; raises `RefusedFileError`."""
    return restore_document(json.loads(_decode(data), object_pairs_hook=_build_table))


def read_yaml(data: bytes) -> tuple[Model, list[ModelWarning]]:
    """As `read_json`."""
    return restore_document(parse_yaml(_decode(data)))


def restore_document(raw: object, remarks: Remarks | None = None) -> tuple[Model, list[ModelWarning]]:
    """The model of a raw document, in the form of cobra's JSON; raises `RefusedFileError`."""
    document, warned = normalise(raw, remarks)
    return read_with_any_bounds(lambda: restore_model(document)), warned


def _decode(data: bytes) -> str:
    """The text, in UTF-8, UTF-16 or UTF-32."""
    encoding = json.detect_encoding(data)
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        place = f"byte {error.start + 1} is {data[error.start]:#04x}"
        raise RefusedFileError(f"is no text in {encoding.upper()}: {place}; save it as UTF-8") from error


def _build_table(pairs: list[tuple[str, object]]) -> dict[str, object]:
    table = dict(pairs)
    if len(table) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        beside = ", ".join(f"'{name}'" for name in table if name != twice)[:200]
        raise RefusedFileError(
            f"names '{twice}' twice in one table{beside and f', beside {beside}'}: leave one out"
        )
    return table
