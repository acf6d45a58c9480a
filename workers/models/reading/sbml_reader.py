"""A model out of SBML, levels 2 and 3."""

from __future__ import annotations

import re
import tempfile

from cobra import Model
from cobra import io as cobra_io
from cobra.io.sbml import F_REPLACE

from fluxagents.tasks.ports.models import ModelWarning
from fluxagents.workers.models.reading.bounds import read_with_any_bounds
from fluxagents.workers.models.reading.refusal import RefusedFileError
from fluxagents.workers.models.reading.sbml_outline import FaultyXmlError, outline

_ENCODED = re.compile(r"__(\d+)__")
_PRINTABLE = range(33, 127)


def read_sbml(data: bytes) -> tuple[Model, list[ModelWarning]]:
    """The model, and what a user should know about its file; raises `RefusedFileError`."""
    warned = _check(data)
    return _read(data), warned


def decode_id(identifier: str, prefix: str) -> str:
    """An SBML id without its prefix, with `__45__` as `-`; only printable ASCII, the rest stays as written.

    cobra decodes any number, and a control character in a name makes GLPK abort the process.
    """

    def character(match: re.Match[str]) -> str:
        code = int(match[1])
        return chr(code) if code in _PRINTABLE else match[0]

    return _ENCODED.sub(character, identifier).removeprefix(prefix)


def _read(data: bytes) -> Model:
    # From a file, since its XML declaration may name any encoding.
    with tempfile.NamedTemporaryFile(suffix=".xml", dir=".") as file:
        file.write(data)
        file.flush()
        try:
            return _sbml_model(file.name)
        except cobra_io.sbml.CobraSBMLError as error:
            if "lower bound must be less than or equal" not in str(error.__cause__):
                raise
            return read_with_any_bounds(lambda: _sbml_model(file.name))


def _sbml_model(path: str) -> Model:
    def gene(identifier: str) -> str:
        return decode_id(identifier.replace("__SBML_DOT__", "."), "G_")

    replace = {
        **F_REPLACE,
        "F_GENE": gene,
        "F_SPECIE": lambda identifier: decode_id(identifier, "M_"),
        "F_REACTION": lambda identifier: decode_id(identifier, "R_"),
        "F_GROUP": lambda identifier: decode_id(identifier, "G_"),
    }
    return cobra_io.read_sbml_model(path, f_replace=replace)


def _check(data: bytes) -> list[ModelWarning]:
    try:
        sbml_outline = outline(data)
    except FaultyXmlError as error:
        raise RefusedFileError(str(error)) from error
    for fault in sbml_outline.faults():
        raise RefusedFileError(fault)
    return list(sbml_outline.warnings())
