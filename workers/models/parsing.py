"""Starts the process that parses a model file, with limits, and tells what became of it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from fluxagents.tasks.ports.models import ModelWarning

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
    """Parse a file's bytes in a child process, bounded in time and memory."""
    with tempfile.TemporaryDirectory(prefix="fluxagents-parse-") as folder:
        source, parsed, report = (Path(folder) / name for name in ("original", "parsed", "report"))
        source.write_bytes(original)
        bounds = (str(limits.memory_bytes), str(limits.expanded_bytes))
        command = [sys.executable, "-P", "-m", "fluxagents.workers.models.parser_process"]
        try:
            ended = subprocess.run(  # noqa: S603 - our own module; the user's part are bytes in a file
                [*command, str(source), suffix, str(parsed), str(report), *bounds],
                env=_environment(),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,  # GLPK says on the one, Python and C++ on the other what ended them
                timeout=limits.seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return ParsingOutcome(reason=f"takes more than {limits.seconds:g} s to parse")
        if ended.returncode == 0:
            outcome = json.loads(report.read_bytes())
            warned = tuple(ModelWarning.model_validate(row) for row in outcome["warnings"])
            return ParsingOutcome(parsed=parsed.read_bytes(), warnings=warned)
        if report.exists():
            outcome = json.loads(report.read_bytes())
            return ParsingOutcome(reason=outcome["error"], is_final=not outcome.get("passing"))
        return _explain_end(ended)


def _explain_end(ended: subprocess.CompletedProcess[bytes]) -> ParsingOutcome:
    output = ended.stdout.decode(errors="replace").strip()
    if -ended.returncode == signal.SIGABRT and _NO_MEMORY.search(ended.stdout):
        return ParsingOutcome(reason="needs more memory to parse than its limit")
    if -ended.returncode in _ENDINGS:
        reason, is_final = _ENDINGS[signal.Signals(-ended.returncode)]
        first = output.split("\n", 1)[0][:300]
        return ParsingOutcome(reason=f"{reason}: {first}" if first else reason, is_final=is_final)
    last = output.rsplit("\n", 1)[-1][:300]
    return ParsingOutcome(reason=f"ended its parser with code {ended.returncode}: {last}")


def _environment() -> dict[str, str]:
    """The parser finds the same package as this process, and reserves no memory for threads."""
    package = Path(str(files("fluxagents")))
    paths = [str(package.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OPENBLAS_NUM_THREADS": "1"}
