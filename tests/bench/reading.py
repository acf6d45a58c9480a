"""Processor time until new SBML models are in the store, beside that of another checkout."""

from __future__ import annotations

import gzip
import importlib.util
import os
import re
import resource
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

SHIPPED = ("iJO1366.xml.gz", "salmonella.xml.gz")
"""2,583 and 2,545 reactions."""

MODELS = 20
ROUNDS = 3
_CODE = """
import sys
from pathlib import Path
from fluxagents.workers.models.model_store import ModelFiles
store = ModelFiles(sys.argv[1])
for path in sorted(Path(sys.argv[2]).iterdir()):
    store.add(path)
"""


@dataclass(frozen=True, slots=True)
class Reading:
    """Seconds of processor time a model, one number per round."""

    here: list[float]
    there: list[float]

    def lines(self) -> list[str]:
        shown = [f"processor time per new SBML model{median(self.here):14.2f} s"]
        if self.there:
            ratio = median(one / other for one, other in zip(self.here, self.there, strict=True))
            shown.append(f"the same in the other checkout{median(self.there):17.2f} s")
            shown.append(f"ratio{ratio:42.2f}     target <= 0.5")
        return shown


def measure(against: Path | None, *, models: int = MODELS, rounds: int = ROUNDS) -> Reading:
    """Let both read the same new files in turns.

    Args:
        against: The other checkout; only this one is measured without.
        models: How many files.
        rounds: How often.
    """
    found = Reading([], [])
    with TemporaryDirectory() as name:
        files = Path(name) / "files"
        files.mkdir()
        for number, data in enumerate(_vary(models)):
            (files / f"new{number:02}.xml").write_bytes(data)
        for _ in range(rounds):
            found.here.append(_read(Path(__file__).parents[2], files) / models)
            if against is not None:
                found.there.append(_read(against, files) / models)
    return found


def _vary(count: int) -> Iterator[bytes]:
    """The shipped models in turns, each with an id of its own."""
    spec = importlib.util.find_spec("cobra")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / "data"
    originals = [gzip.decompress((folder / name).read_bytes()) for name in SHIPPED]
    for number in range(count):
        new = b'<model id="new%d" ' % number
        yield re.sub(rb'<model (.*?)\bid="\w+"\s?', new + rb"\1", originals[number % len(originals)], count=1)


def _read(checkout: Path, files: Path) -> float:
    """Seconds of processor time of a process that adds the files, and of its own processes."""
    before = _spent()
    environment = {**os.environ, "PYTHONPATH": str(checkout / "src")}
    with TemporaryDirectory() as store:
        subprocess.run([sys.executable, "-P", "-c", _CODE, store, str(files)], env=environment, check=True)
    return _spent() - before


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
