"""Has a model file parsed in a process of its own, with limits, and tells what became of it."""

from __future__ import annotations

import json
import os
import re
import signal
import tempfile
from dataclasses import dataclass
from pathlib import Path

from fluxagents.tasks.ports.models import ModelWarning
from fluxagents.workers.models.parser.parser_client import ParserLostError, parser_client
from fluxagents.workers.models.parser.parsing_request import ORIGINAL, OUTPUT, PARSED, REPORT, ParsingRequest

FORM = 3
"""Changes when the fast form does: older ones are then written again from the original file."""

_ENDINGS = {
    signal.SIGABRT: ("makes libSBML or the solver abort", True),
    signal.SIGSEGV: ("makes libSBML or the solver crash", True),
    signal.SIGKILL: ("was being parsed when the system killed the parser, most likely for memory", False),
}
"""Signal -> what to say, and whether trying again is pointless."""

_NO_MEMORY = re.compile(rb"bad_alloc|[Oo]ut of memory|no memory|[Cc]annot allocate")
"""What C++ and GLPK say before they abort for want of memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsingLimits:
    """What parsing one file may take; Recon3D as SBML takes about 60 s and 2 GB."""

    seconds: float = 300.0
    memory_bytes: int = 6_000_000_000
    expanded_bytes: int = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsingOutcome:
    """The fast form of a model, or why there is none."""

    parsed: bytes | None = None
    warnings: tuple[ModelWarning, ...] = ()
    reason: str = ""
    is_final: bool = False
    """Whether the same file would fail again, whatever the machine."""


def parse(original: bytes, suffix: str, limits: ParsingLimits) -> ParsingOutcome:
    """Parse a file's bytes in a process of their own, bounded in time and memory and kept from all else."""
    with tempfile.TemporaryDirectory(prefix="fluxagents-parse-") as name:
        folder = Path(name)
        (folder / ORIGINAL).write_bytes(original)
        request = ParsingRequest(
            folder=str(folder.resolve()),
            suffix=suffix,
            seconds=limits.seconds,
            memory_bytes=limits.memory_bytes,
            expanded_bytes=limits.expanded_bytes,
        )
        try:
            code = parser_client().run(request)
        except TimeoutError:
            return ParsingOutcome(reason=f"takes more than {limits.seconds:g} s to parse")
        except ParserLostError:
            return ParsingOutcome(reason="was being parsed when its parser was ended; try again")
        report = json.loads(_read(folder / REPORT) or "{}")
        if code == 0:
            warned = tuple(ModelWarning.model_validate(row) for row in report["warnings"])
            return ParsingOutcome(parsed=_read(folder / PARSED), warnings=warned)
        if report:
            return ParsingOutcome(reason=report["error"], is_final=not report.get("passing"))
        return explain_end(code, _read(folder / OUTPUT))


def explain_end(code: int, output: bytes) -> ParsingOutcome:
    """Why there is no model when the parser ended with this code, or a signal as a negative one."""
    text = output.decode(errors="replace").strip()
    if -code == signal.SIGABRT and _NO_MEMORY.search(output):
        return ParsingOutcome(reason="needs more memory to parse than its limit")
    if -code in _ENDINGS:
        reason, is_final = _ENDINGS[signal.Signals(-code)]
        first = text.split("\n", 1)[0][:300]
        return ParsingOutcome(reason=f"{reason}: {first}" if first else reason, is_final=is_final)
    last = text.rsplit("\n", 1)[-1][:300]
    return ParsingOutcome(reason=f"ended its parser with code {code}: {last}")


def _read(path: Path) -> bytes:
    """What the parser wrote, and no file that a link of its own leads to; empty if it wrote nothing."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return b""
    with os.fdopen(descriptor, "rb") as file:
        return file.read()
