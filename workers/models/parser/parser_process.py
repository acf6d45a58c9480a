"""Parse a user's model file in a process of its own, which may die.

libSBML and GLPK end the process on some inputs, and a small compressed file can hold gigabytes. So the worker
that runs tools never parses a file that a user gave. `parser_server` forks a process for each file, and this
is what that process does.
"""

from __future__ import annotations

import bz2
import gc
import gzip
import io
import json
import os
import resource
import tempfile
import zlib
from pathlib import Path
from typing import IO

from fluxagents.workers.models import model_forms
from fluxagents.workers.models.parser.confinement import confine, list_missing
from fluxagents.workers.models.parser.parsing_request import ORIGINAL, PARSED, REPORT, ParsingRequest
from fluxagents.workers.models.reading.model_reader import read_model
from fluxagents.workers.models.reading.refusal import RefusedFileError

_CHUNK_BYTES = 1 << 20
_MAX_OPEN_FILES = 64
_AGAIN = "fetch the file again"
_NO_REASON = "error return without exception set"
"""What Python says of C code that failed without a reason: here, for want of memory."""


def prepare() -> None:
    """Do before any fork what libraries do once, when they are first used."""
    list_missing()
    model, _ = read_model(json.dumps(_SMALLEST).encode(), ".json")
    model_forms.encode_fast(model)


_SMALLEST = {
    "id": "smallest",
    "metabolites": [{"id": "a", "name": "", "compartment": "c"}],
    "reactions": [
        {
            "id": "EX_a",
            "name": "",
            "metabolites": {"a": -1.0},
            "lower_bound": 0.0,
            "upper_bound": 1.0,
            "gene_reaction_rule": "",
            "objective_coefficient": 1.0,
        }
    ],
    "genes": [],
}


def parse_confined(request: ParsingRequest) -> int:
    """Parse one file in this process, which can do nothing else afterwards; 0 if it is a model, 1 if not.

    Writes the fast form and a report as JSON: `{"warnings": […]}`, or `{"error": "…"}` with `"passing": true`
    if the same file may be readable another time.
    """
    folder = Path(request.folder)
    os.chdir(folder)
    os.environ.clear()
    tempfile.tempdir = request.folder
    gc.disable()  # the process ends with the file
    _limit(request)
    confine(folder)
    resource.setrlimit(resource.RLIMIT_AS, (request.memory_bytes, request.memory_bytes))
    outcome = _parse(folder, request)
    (folder / REPORT).write_text(json.dumps(outcome))
    return 1 if "error" in outcome else 0


def _limit(request: ParsingRequest) -> None:
    """Bounds that hold even if nobody is left to end this process."""
    seconds = int(request.seconds) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (request.expanded_bytes, request.expanded_bytes))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_MAX_OPEN_FILES, _MAX_OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _parse(folder: Path, request: ParsingRequest) -> dict[str, object]:
    suffix = request.suffix
    try:
        data = decompress(folder / ORIGINAL, suffix, request.expanded_bytes)
        model, warned = read_model(data, Path(suffix).stem if suffix.endswith((".gz", ".bz2")) else suffix)
        (folder / PARSED).write_bytes(model_forms.encode_fast(model))
    except RefusedFileError as refused:
        return {"error": str(refused)}
    except MemoryError:
        return _report_memory(request)
    except SystemError as error:
        if _NO_REASON not in str(error):
            raise
        return _report_memory(request)
    return {"warnings": [warning.model_dump(mode="json") for warning in warned]}


def _report_memory(request: ParsingRequest) -> dict[str, object]:
    limit = f"{request.memory_bytes // 1_000_000} MB"
    return {"error": f"needs more than {limit} of memory to parse", "passing": True}


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
        raise RefusedFileError(f"is truncated: the compressed data end too early; {_AGAIN}") from error
    except (OSError, zlib.error) as error:
        hint = f"give it the suffix of what it is, or {_AGAIN}"
        raise RefusedFileError(f"cannot be decompressed ({error}); {hint}") from error
    if not whole.tell():
        raise RefusedFileError(f"is empty when decompressed; {_AGAIN}")
    return whole.getvalue()


def _open(path: Path, suffix: str) -> IO[bytes]:
    if suffix.endswith(".gz"):
        return io.BufferedReader(gzip.GzipFile(path))
    return bz2.open(path) if suffix.endswith(".bz2") else path.open("rb")
