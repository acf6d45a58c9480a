"""Parse a user's model file in a process of its own, which may die.

libSBML and GLPK end the process on some inputs, and a small compressed file can hold gigabytes. So the worker
that runs tools never parses a file that a user gave.

Usage: `python -m` this module, with ORIGINAL SUFFIX PARSED REPORT MEMORY_BYTES EXPANDED_BYTES.
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
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO, Any

from cobra import Configuration, Metabolite, Model
from cobra import io as cobra_io
from cobra.io.sbml import F_REPLACE
from cobra.io.yaml import yaml

from fluxagents.workers.models import model_forms
from fluxagents.workers.models.sbml_outline import FaultyXmlError, outline

_CHUNK_BYTES = 1 << 20
_ENCODED = re.compile(r"__(\d+)__")
_PRINTABLE = range(33, 127)
_MISSING_BOUND = sys.float_info.max
_USUAL_BOUND = 1_000.0
_REASON_CHARACTERS = 500


class RefusedFileError(Exception):
    """The file cannot be read as a model; the message says why."""


def main(arguments: list[str]) -> int:
    """Parse one file; 0 if it is a model, 1 if it is refused."""
    original, suffix, parsed, report, memory_bytes, expanded_bytes = arguments
    resource.setrlimit(resource.RLIMIT_AS, (int(memory_bytes), int(memory_bytes)))
    try:
        data = decompress(Path(original), suffix, int(expanded_bytes))
        model, remarked = read(data, Path(suffix).stem if suffix.endswith((".gz", ".bz2")) else suffix)
        check(model)
        Path(parsed).write_bytes(model_forms.encode_fast(model))
        outcome: dict[str, object] = {"warnings": remarked}
    except RefusedFileError as refused:
        outcome = {"error": str(refused)}
    except MemoryError:
        outcome = {
            "error": f"needs more than {int(memory_bytes) // 1_000_000} MB of memory to parse",
            "passing": True,
        }
    Path(report).write_text(json.dumps(outcome))
    return 1 if "error" in outcome else 0


def decompress(path: Path, suffix: str, max_bytes: int) -> bytes:
    """The file's bytes, decompressed up to a limit."""
    whole = io.BytesIO()
    try:
        with _open(path, suffix) as file:
            while chunk := file.read(_CHUNK_BYTES):
                whole.write(chunk)
                if whole.tell() > max_bytes:
                    raise RefusedFileError(f"is larger than {max_bytes // 1_000_000} MB when decompressed")
    except EOFError as error:
        raise RefusedFileError("is truncated: the compressed data end too early") from error
    except (OSError, zlib.error) as error:
        raise RefusedFileError(f"cannot be decompressed: {error}") from error
    if not whole.tell():
        raise RefusedFileError("is empty when decompressed")
    return whole.getvalue()


def _open(path: Path, suffix: str) -> IO[bytes]:
    if suffix.endswith(".gz"):
        return io.BufferedReader(gzip.GzipFile(path))
    return bz2.open(path) if suffix.endswith(".bz2") else path.open("rb")


def read(data: bytes, suffix: str) -> tuple[Model, list[str]]:
    """The model that these bytes hold, and what a user should know about it."""
    notes: list[str] = []
    if suffix in {".xml", ".sbml"}:
        notes += _check_sbml(data)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", SyntaxWarning)  # a gene rule that cobra could not read and left out
        try:
            model = _READERS[suffix](data)
        except (MemoryError, RefusedFileError):
            raise
        except Exception as error:
            raise RefusedFileError(f"is no readable {_FORMATS[suffix]} model: {_reason(error)}") from error
    malformed = [str(warning.message) for warning in caught if "Malformed" in str(warning.message)]
    if malformed:
        notes.append(f"{len(malformed)} gene rules could not be read and are left out: {malformed[0][:200]}")
    notes += _open_boundary(model)
    return model, notes + remarks(model)


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
    notes = []
    if not any(reaction.objective_coefficient for reaction in model.reactions):
        notes.append("the model has no objective: name one with the argument 'objective'")
    if not model.boundary:
        notes.append("the model has no boundary reactions: nothing can enter or leave")
    if not model.genes:
        notes.append("the model has no genes")
    return notes


def decode_id(identifier: str, prefix: str) -> str:
    """An SBML id without its prefix, with `__45__` as `-`; only printable ASCII, the rest stays as written.

    cobra decodes any number, and a control character in a name makes GLPK abort the process.
    """

    def character(match: re.Match[str]) -> str:
        code = int(match[1])
        return chr(code) if code in _PRINTABLE else match[0]

    return _ENCODED.sub(character, identifier).removeprefix(prefix)


def _read_sbml(data: bytes) -> Model:
    # From a file, since its XML declaration may name any encoding.
    with tempfile.NamedTemporaryFile(suffix=".xml", dir=".") as file:
        file.write(data)
        file.flush()
        try:
            return _sbml_model(file.name)
        except cobra_io.sbml.CobraSBMLError as error:
            if "lower bound must be less than or equal" not in str(error.__cause__):
                raise
            return _with_any_bounds(lambda: _sbml_model(file.name))


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


def _with_any_bounds(read_model: Callable[[], Model]) -> Model:
    """Read a model in which a lower bound is above cobra's usual upper one.

    cobra sets the lower bound first and refuses it if the default upper bound is less. So here the default is
    out of the way, and becomes the usual one again where the file left it in place.
    """
    configuration = Configuration()
    usual = configuration.bounds
    configuration.bounds = (-_MISSING_BOUND, _MISSING_BOUND)
    try:
        model = read_model()
    finally:
        configuration.bounds = usual
    for reaction in model.reactions:
        lowest, highest = reaction.bounds
        reaction.bounds = (
            -_USUAL_BOUND if lowest == -_MISSING_BOUND else lowest,
            _USUAL_BOUND if highest == _MISSING_BOUND else highest,
        )
    return model


def _check_sbml(data: bytes) -> list[str]:
    try:
        sbml_outline = outline(data)
    except FaultyXmlError as error:
        raise RefusedFileError(str(error)) from error
    for fault in sbml_outline.faults():
        raise RefusedFileError(fault)
    return list(sbml_outline.remarks())


def _read_json(data: bytes) -> Model:
    return _restore(json.loads(data))


def _read_yaml(data: bytes) -> Model:
    return _restore(yaml.load(data.decode()))


def _restore(described: Any) -> Model:
    """The model of cobra's JSON or YAML."""
    if not isinstance(described, dict) or not described.get("reactions"):
        raise RefusedFileError("is no readable model: it has no list of reactions")
    for kind in ("reactions", "metabolites", "genes"):
        _check_unique(kind.removesuffix("s"), (str(row.get("id")) for row in described.get(kind, ())))
    known = {row["id"] for row in described["metabolites"]}
    for row in described["reactions"]:
        for metabolite in row["metabolites"]:
            if metabolite not in known:
                where = f"the metabolite '{metabolite}' in reaction '{row['id']}'"
                raise RefusedFileError(f"refers to {where} and does not declare it")
    return _with_any_bounds(lambda: model_forms.restore(described))


def _read_matlab(data: bytes) -> Model:
    return _with_any_bounds(lambda: cobra_io.load_matlab_model(io.BytesIO(data)))


def _check_unique(what: str, identifiers: Iterable[str]) -> None:
    twice = [identifier for identifier, count in Counter(identifiers).items() if count > 1]
    if twice:
        more = f" (and {len(twice) - 1} more)" if twice[1:] else ""
        raise RefusedFileError(f"declares the {what} '{twice[0]}' more than once{more}")


def _open_boundary(model: Model) -> list[str]:
    """Leave out the metabolites by which old files write what lies outside: `glc_b`, beside `glc_e`.

    Their reaction then exchanges with the surroundings, as it is meant to, and its bounds are the medium's.
    """
    outside = [metabolite for metabolite in model.metabolites if _is_outside(metabolite)]
    if not outside:
        return []
    added = [f"EX_{metabolite.id}" for metabolite in outside]
    model.remove_reactions([name for name in added if name in model.reactions])
    model.remove_metabolites(outside)
    return [f"{len(outside)} boundary metabolites ('{outside[0].id}') are left out, as old files mean them"]


def _is_outside(metabolite: Metabolite) -> bool:
    """Whether it is a `_b` that only turns into the same compound in another compartment."""
    if not metabolite.id.endswith("_b"):
        return False
    reactions = [reaction for reaction in metabolite.reactions if reaction.id != f"EX_{metabolite.id}"]
    others = [other.id for reaction in reactions for other in reaction.metabolites if other is not metabolite]
    stem = metabolite.id.removesuffix("b")
    return len(others) == len(reactions) > 0 and all(other.startswith(stem) for other in others)


def _reason(error: BaseException) -> str:
    """What was wrong, in the words of whoever saw it: cobra's own words about SBML hide them."""
    inner = error.__cause__ if isinstance(error, cobra_io.sbml.CobraSBMLError) else None
    error = inner or error
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, KeyError):
        text = f"{text} is missing"
    return text if len(text) <= _REASON_CHARACTERS else f"{text[:_REASON_CHARACTERS].rsplit(' ', 1)[0]} …"


_FORMATS = {
    ".xml": "SBML",
    ".sbml": "SBML",
    ".json": "JSON",
    ".yml": "YAML",
    ".yaml": "YAML",
    ".mat": "MATLAB",
}

_READERS: Mapping[str, Callable[[bytes], Model]] = {
    ".xml": _read_sbml,
    ".sbml": _read_sbml,
    ".json": _read_json,
    ".yml": _read_yaml,
    ".yaml": _read_yaml,
    ".mat": _read_matlab,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
