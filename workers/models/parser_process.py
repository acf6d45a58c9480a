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
import resource
import sys
import zlib
from pathlib import Path
from typing import IO

from fluxagents.workers.models import model_forms
from fluxagents.workers.models.reading.model_reader import read_model
from fluxagents.workers.models.reading.refusal import RefusedFileError

_CHUNK_BYTES = 1 << 20
_AGAIN = "fetch the file again"


def main(arguments: list[str]) -> int:
    """Parse one file; 0 if it is a model, 1 if it is refused."""
    original, suffix, parsed, report, memory_bytes, expanded_bytes = arguments
    resource.setrlimit(resource.RLIMIT_AS, (int(memory_bytes), int(memory_bytes)))
    try:
        data = decompress(Path(original), suffix, int(expanded_bytes))
        model, warned = read_model(data, Path(suffix).stem if suffix.endswith((".gz", ".bz2")) else suffix)
        Path(parsed).write_bytes(model_forms.encode_fast(model))
        outcome: dict[str, object] = {"warnings": [warning.model_dump(mode="json") for warning in warned]}
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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
