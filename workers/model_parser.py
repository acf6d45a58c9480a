"""Parse a user's model file in a process of its own, which may die.

libSBML and GLPK end the process on some inputs, and a small compressed file can hold gigabytes. So the worker
that runs tools never parses a file that a user gave.

Usage: `python -m fluxagents.workers.model_parser ORIGINAL SUFFIX PARSED REPORT MEMORY_BYTES EXPANDED_BYTES`.
Writes the fast form to PARSED and what happened to REPORT, as JSON: `{"warnings": […]}` or `{"error": "…"}`,
with `"passing": true` if the same file may be readable another time.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import math
import re
import resource
import sys
import tempfile
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat

from cobra import Model
from cobra import io as cobra_io
from cobra.io.sbml import F_REPLACE

from fluxagents.workers import model_forms

_CHUNK_BYTES = 1 << 20
_ENCODED = re.compile(r"__(\d+)__")
_PRINTABLE = range(33, 127)


class RefusedFileError(Exception):
    """The file cannot be read as a model; the message says why."""


def main(arguments: list[str]) -> int:
    """Parse one file; 0 if it is a model, 1 if it is refused."""
    original, suffix, parsed, report, memory_bytes, expanded_bytes = arguments
    resource.setrlimit(resource.RLIMIT_AS, (int(memory_bytes), int(memory_bytes)))
    try:
        data = expanded(Path(original), suffix, int(expanded_bytes))
        model = read(data, Path(suffix).stem if suffix.endswith((".gz", ".bz2")) else suffix)
        check(model)
        Path(parsed).write_bytes(model_forms.dumped(model))
        said: dict[str, object] = {"warnings": remarks(model)}
    except RefusedFileError as refused:
        said = {"error": str(refused)}
    except MemoryError:
        said = {
            "error": f"needs more than {int(memory_bytes) // 1_000_000} MB of memory to parse",
            "passing": True,
        }
    Path(report).write_text(json.dumps(said))
    return 1 if "error" in said else 0


def expanded(path: Path, suffix: str, most_bytes: int) -> bytes:
    """The file's bytes, decompressed up to a limit."""
    whole = io.BytesIO()
    try:
        with _opened(path, suffix) as file:
            while chunk := file.read(_CHUNK_BYTES):
                whole.write(chunk)
                if whole.tell() > most_bytes:
                    raise RefusedFileError(f"is larger than {most_bytes // 1_000_000} MB when decompressed")
    except EOFError as error:
        raise RefusedFileError("is truncated: the compressed data end too early") from error
    except (OSError, zlib.error) as error:
        raise RefusedFileError(f"cannot be decompressed: {error}") from error
    if not whole.tell():
        raise RefusedFileError("is empty when decompressed")
    return whole.getvalue()


def _opened(path: Path, suffix: str) -> IO[bytes]:
    if suffix.endswith(".gz"):
        return io.BufferedReader(gzip.GzipFile(path))
    return bz2.open(path) if suffix.endswith(".bz2") else path.open("rb")


def read(data: bytes, suffix: str) -> Model:
    """The model that these bytes hold."""
    readers: dict[str, Callable[[bytes], Any]] = {
        ".json": lambda raw: cobra_io.from_json(raw.decode()),
        ".yml": lambda raw: cobra_io.from_yaml(raw.decode()),
        ".yaml": lambda raw: cobra_io.from_yaml(raw.decode()),
        ".mat": lambda raw: cobra_io.load_matlab_model(io.BytesIO(raw)),
    }
    if suffix not in readers:
        _check_sbml(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what cobra remarks on is not what a user can act on; `remarks` is
        try:
            return readers.get(suffix, _read_sbml)(data)
        except MemoryError:
            raise
        except Exception as error:
            reason = " ".join(str(error).split())[:300]
            raise RefusedFileError(f"is no readable model: {type(error).__name__}: {reason}") from error


def check(model: Model) -> None:
    """Refuse what no solver can take."""
    if not model.reactions:
        raise RefusedFileError("holds no reactions")
    for reaction in model.reactions:
        if any(math.isnan(bound) for bound in reaction.bounds):
            raise RefusedFileError(f"has no number as a bound of reaction '{reaction.id}'")
        if not all(math.isfinite(value) for value in reaction.metabolites.values()):
            raise RefusedFileError(f"has no finite number as a coefficient of reaction '{reaction.id}'")


def remarks(model: Model) -> list[str]:
    """What a user should know about the model; none of it stops an analysis."""
    said = []
    if not any(reaction.objective_coefficient for reaction in model.reactions):
        said.append("the model has no objective: name one with the argument 'objective'")
    if not model.boundary:
        said.append("the model has no boundary reactions: nothing can enter or leave")
    if not model.genes:
        said.append("the model has no genes")
    return said


def decoded(identifier: str, prefix: str) -> str:
    """An SBML id without its prefix, with `__45__` as `-`; only printable ASCII, the rest stays as written.

    cobra decodes any number, and a control character in a name makes GLPK abort the process.
    """

    def character(match: re.Match[str]) -> str:
        code = int(match[1])
        return chr(code) if code in _PRINTABLE else match[0]

    return _ENCODED.sub(character, identifier).removeprefix(prefix)


def _read_sbml(data: bytes) -> Any:
    def gene(identifier: str) -> str:
        return decoded(identifier.replace("__SBML_DOT__", "."), "G_")

    replace = {
        **F_REPLACE,
        "F_GENE": gene,
        "F_SPECIE": lambda identifier: decoded(identifier, "M_"),
        "F_REACTION": lambda identifier: decoded(identifier, "R_"),
        "F_GROUP": lambda identifier: decoded(identifier, "G_"),
    }
    # From a file, since its XML declaration may name any encoding.
    with tempfile.NamedTemporaryFile(suffix=".xml", dir=".") as file:
        file.write(data)
        file.flush()
        return cobra_io.read_sbml_model(file.name, f_replace=replace)


def _check_sbml(data: bytes) -> None:
    """Well-formed XML whose root is `sbml`, without a document type that could expand."""
    names: list[str] = []
    parser = expat.ParserCreate()

    def element(name: str, _attributes: object) -> None:
        if not names:
            names.append(name.rsplit(":", 1)[-1])

    def document_type(*_arguments: object) -> None:
        raise RefusedFileError("declares a document type, which SBML does not have")

    parser.StartElementHandler = element
    parser.StartDoctypeDeclHandler = document_type
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        ended = error.code in {expat.errors.codes[code] for code in (_NO_ELEMENTS, _UNCLOSED, _PARTIAL)}
        if ended and names[:1] == ["sbml"]:
            raise RefusedFileError(f"is truncated: the XML ends at line {error.lineno}") from error
        raise RefusedFileError(f"is not SBML: {error}") from error
    if names != ["sbml"]:
        raise RefusedFileError(f"is not SBML: the outermost element is '{names[0][:60]}'")


_NO_ELEMENTS = expat.errors.XML_ERROR_NO_ELEMENTS
_UNCLOSED = expat.errors.XML_ERROR_UNCLOSED_TOKEN
_PARTIAL = expat.errors.XML_ERROR_PARTIAL_CHAR

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
