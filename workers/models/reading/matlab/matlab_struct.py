"""A model's structure in a MATLAB file, with each field as plain Python values."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.io import loadmat  # type: ignore[import-untyped] # scipy ships no types
from scipy.sparse import csc_matrix, issparse  # type: ignore[import-untyped] # as above

from fluxagents.workers.models.reading.refusal import RefusedFileError
from fluxagents.workers.models.reading.remarks import Remarks

_HDF5 = b"\x89HDF\r\n\x1a\n"
_HEADER_BYTES = 512
"""What MATLAB 7.3 writes before its HDF5."""

_REQUIRED = ("rxns", "mets", "S", "lb", "ub")
_NEW_NAMES = {
    "metCharge": "metCharges",
    "confidenceScores": "rxnConfidenceScores",
    "ecNumbers": "rxnECNumbers",
    "KEGGID": "metKEGGID",
    "metSmile": "metSmiles",
    "metHMDB": "metHMDBID",
}
"""Field of the old COBRA Toolbox -> of the new one."""


@dataclass(frozen=True, slots=True)
class MatlabStruct:
    """One structure; the values of a field are read when they are asked for."""

    name: str
    """Of the variable."""
    fields: dict[str, Any]

    def read(self, field: str) -> list[object]:
        """The entries of a field: text, numbers, lists of these, None for empty ones; [] if it is not there.

        Raises:
            RefusedFileError: It is an object of MATLAB, which only MATLAB can read.
        """
        if field not in self.fields:
            return []
        value = self.fields[field]
        return list(_read_entries(value.toarray() if issparse(value) else value, field))

    def read_matrix(self, field: str, shape: tuple[int, int]) -> csc_matrix | None:
        """The matrix of this shape; None if the structure has none."""
        value = self.fields.get(field)
        if value is None or (isinstance(value, np.ndarray) and not value.size):
            return None
        if isinstance(value, np.ndarray) and value.dtype.kind not in "biuf":
            raise RefusedFileError(f"has no matrix of numbers as '{field}': write one")
        if getattr(value, "shape", None) != shape:
            found = " × ".join(map(str, getattr(value, "shape", ())))  # noqa: RUF001 - a matrix
            wanted = f"{shape[0]} × {shape[1]}"  # noqa: RUF001 - a matrix
            raise RefusedFileError(f"has {found} numbers in '{field}', where {wanted} belong: correct it")
        return csc_matrix(value, dtype=float)


def find_model(data: bytes, remarks: Remarks) -> MatlabStruct:
    """The first variable, by name, that is a model; a remark if there are several.

    Raises:
        RefusedFileError: There is none, or the file is HDF5, as MATLAB 7.3 writes.
    """
    if _HDF5 in data[: _HEADER_BYTES + len(_HDF5)]:
        raise RefusedFileError(
            "is a MATLAB file of version 7.3: write it in MATLAB with save('model.mat', 'model', '-v7')"
        )
    variables = {
        name: value for name, value in loadmat(io.BytesIO(data)).items() if not name.startswith("__")
    }
    structs = {name: _read_struct(name, variables[name]) for name in sorted(variables)}
    models = [
        struct for struct in structs.values() if struct and {"rxns", "mets", "S"} <= struct.fields.keys()
    ]
    if not models:
        named = ", ".join(f"'{name}'" for name in structs) or "none"
        fields = ", ".join(_REQUIRED)
        raise RefusedFileError(
            f"holds no structure with the fields {fields}; its variables: {named}; save such a structure"
        )
    model = models[0]
    for field in _REQUIRED:
        if field not in model.fields:
            raise RefusedFileError(f"has no field '{field}' in its model '{model.name}': add it")
    if len(models) > 1:
        names = ", ".join(f"'{struct.name}'" for struct in models)
        remarks.add("several_models", model.name, f"'{model.name}' of {names}")
    return model


def _read_struct(name: str, value: object) -> MatlabStruct | None:
    if not isinstance(value, np.ndarray) or value.dtype.names is None or not value.size:
        return None
    row = value.flat[0]
    fields = {field: row[field] for field in value.dtype.names}
    for old, new in _NEW_NAMES.items():
        if old in fields:
            fields.setdefault(new, fields.pop(old))
    return MatlabStruct(name, fields)


def _read_entries(value: object, field: str) -> Iterator[object]:
    array = np.asarray(value)
    if array.dtype.names is not None:
        raise RefusedFileError(
            f"has an object of MATLAB as '{field}': convert it to a cell array, as cellstr does"
        )
    if array.dtype.kind == "O":
        yield from (_read_cell(cell, field) for cell in array.flatten(order="F"))
    elif array.dtype.kind in "biuf":
        yield from array.astype(float).flatten(order="F").tolist()
    else:
        yield from (
            item.strip() if isinstance(item, str) else item for item in array.flatten(order="F").tolist()
        )


def _read_cell(cell: object, field: str) -> object:
    entries = list(_read_entries(cell, field))
    if not entries or (isinstance(entries[0], float) and math.isnan(entries[0]) and len(entries) == 1):
        return None
    return entries[0] if len(entries) == 1 else entries
