"""A client that dies between its commit and its message; arguments: URL of Redis, flow."""

from __future__ import annotations

import os
import signal
import sys

from redis import Redis
from tests.chaos.cluster import first

from fluxagents.workers.redis.runs.run_store import RedisRunStore

if __name__ == "__main__":
    url, flow = sys.argv[1:]
    (commit,) = first(flow, 1)
    RedisRunStore(Redis.from_url(url)).create(commit, commit.state.model_dump_json())
    sys.stdout.write(commit.state.run_id)
    sys.stdout.flush()
    os.kill(os.getpid(), signal.SIGKILL)
