"""What every peer does and where: as much as the runs of the protocol's benchmark do."""

import os
from pathlib import Path

STEPS = 10
STATE = "x" * 1_080
"""What a step hands to the next: as long as the state of a run of no-ops is on average."""

FOLDER = "BENCH_FOLDER"
"""Environment variable with the folder of a peer's database."""


def folder() -> Path:
    return Path(os.environ[FOLDER])
