"""The application that a process of the API serves."""

from __future__ import annotations

import gc

from fastapi import FastAPI

from fluxagents.scheduler.http.app import build_app
from fluxagents.workers.host.api.api_ports import build_api_ports
from fluxagents.workers.observing import log
from fluxagents.workers.observing.run_lines import RunLines
from fluxagents.workers.observing.secret_mask import build_mask
from fluxagents.workers.redis import connection
from fluxagents.workers.redis.observing.log_store import open_log_link
from fluxagents.workers.settings import Settings


def create() -> FastAPI:
    """The application of this installation; uvicorn calls it in each of its processes."""
    settings = Settings.load()
    url = connection.redis_url(settings)
    mask = build_mask(settings)
    open_log_link(settings, url, RunLines(log.configure(settings, mask))).start()
    app = build_app(build_api_ports(settings))
    # What is there now stays: no collection looks at it again.
    gc.freeze()
    gc.enable()
    return app
