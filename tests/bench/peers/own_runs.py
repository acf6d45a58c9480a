"""Start runs of ten no-op steps through our own store and publisher, as a batch does."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.bench.journal import note
from tests.bench.noops import flow
from tests.bench.site import Site


def main(runs: int) -> None:
    site = Site.at(os.environ["FLUXAGENTS_REDIS_URL"], 0, Path(os.environ["FLUXAGENTS_DATA_DIR"]))
    note("enqueue")
    site.start(flow(), runs)
    note("enqueued")


if __name__ == "__main__":
    main(int(sys.argv[1]))
