"""The API with the tools of the fault suite, until it is killed: `python -m tests.chaos.api --port=…`."""

from __future__ import annotations

import sys

from tests.chaos.flows import TOOLS

from fluxagents.scheduler.runs import open_runs, run_starter
from fluxagents.workers.host.api.server import main
from fluxagents.workers.redis.http import idempotency_keys

LEASE_MS = 500
"""Instead of a minute."""

if __name__ == "__main__":
    idempotency_keys.LEASE_MS = LEASE_MS
    for module in (open_runs, run_starter):
        module.tool_facts = lambda _: TOOLS  # type: ignore[attr-defined]
    main(sys.argv[1:])
