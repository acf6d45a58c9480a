"""A model as a file for other programs, and read back from it: SBML (level 3, fbc 2), JSON, YAML, MATLAB."""

from __future__ import annotations

import io
import json
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from fluxagents.tasks.fba.models.model_document import describe_model, encode_document, restore_model
from fluxagents.tasks.fba.solving.lazy_libraries import cobra
from fluxagents.tasks.ports.results import MediaType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cobra import Model

FileFormat = Literal["sbml", "json", "yaml", "mat"]

SUFFIXES: Mapping[FileFormat, str] = {"sbml": ".xml", "json": ".json", "yaml": ".yml", "mat": ".mat"}

MEDIA_TYPES: Mapping[FileFormat, MediaType] = {
    "sbml": "application/sbml+xml",
    "json": "application/json",
    "yaml": "application/yaml",
    "mat": "application/x-matlab-data",
}

_ENCODED = re.compile(r"__(\d+)__")

_PRINTABLE = range(33, 127)

_NAMED_BY_ID = re.compile(rb'(<fbc:geneProduct\b[^>]*? fbc:id="([^"]+)") fbc:name="\2"')

_NO_MATLAB_NAME = re.compile(r"^[^A-Za-z]+|\W")

_MATLAB_TEXT = b"MATLAB 5.0 MAT-file"
_MATLAB_TEXT_BYTES = 116
"""The head of the file, which SciPy fills with the time of day."""


def encode_model(model: Model, kind: FileFormat) -> bytes:
    """The file of a model, which stays as it is; the same model gives the same bytes.

    JSON and YAML keep the direction of the objective, silenced genes and groups beside what cobra writes.
    """
    if kind == "json":
        return encode_document(describe_model(model))
    if kind == "yaml":
        plain = json.loads(encode_document(describe_model(model)))
        text = io.StringIO()
        cobra.io.yaml.yaml.dump(plain, text)
        return text.getvalue().encode()
    return _encode_sbml(model) if kind == "sbml" else _encode_matlab(model)


def decode_model(data: bytes, kind: FileFormat) -> Model:
    """The model of a file that `encode_model` wrote."""
    if kind == "json":
        return restore_model(json.loads(data))
    if kind == "yaml":
        return restore_model(cobra.io.yaml.yaml.load(data.decode()))
    if kind == "mat":
        return cobra.io.load_matlab_model(io.BytesIO(data))
    with tempfile.TemporaryDirectory(prefix="fluxagents-export-") as folder:
        file = Path(folder) / "model.xml"
        file.write_bytes(data)
        return cobra.io.read_sbml_model(str(file), f_replace=_id_readers())


def _encode_sbml(model: Model) -> bytes:
    with tempfile.TemporaryDirectory(prefix="fluxagents-export-") as folder:
        file = Path(folder) / "model.xml"
        cobra.io.write_sbml_model(model, str(file))
        # cobra names a gene without a name by its SBML id.
        return _NAMED_BY_ID.sub(rb"\1", file.read_bytes())


def _encode_matlab(model: Model) -> bytes:
    """As cobra's, with the direction of the objective, and in an order that no process changes."""
    fields = cobra.io.mat.create_mat_dict(model) | {"osenseStr": model.objective_direction}
    name = _NO_MATLAB_NAME.sub("_", model.id or "") or "model"
    file = io.BytesIO()
    cobra.io.mat.scipy_io.savemat(file, {name: dict(sorted(fields.items()))}, oned_as="column")
    return _MATLAB_TEXT.ljust(_MATLAB_TEXT_BYTES) + file.getvalue()[_MATLAB_TEXT_BYTES:]


def _id_readers() -> dict[str, Any]:
    prefixes = (("GENE", "G_"), ("SPECIE", "M_"), ("REACTION", "R_"), ("GROUP", "G_"))
    return {**cobra.io.sbml.F_REPLACE, **{f"F_{kind}": _id_reader(prefix) for kind, prefix in prefixes}}


def _id_reader(prefix: str) -> Any:
    """How an SBML id is read: `__45__` is `-`.

    cobra decodes any number, and a control character in a name makes GLPK abort the process; here such a
    number stays as written.
    """

    def character(match: re.Match[str]) -> str:
        code = int(match[1])
        return chr(code) if code in _PRINTABLE else match[0]

    def read(identifier: str) -> str:
        plain = identifier.replace("__SBML_DOT__", ".") if prefix == "G_" else identifier
        return _ENCODED.sub(character, plain.removeprefix(prefix))

    return read
