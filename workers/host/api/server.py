"""The process of the API: uvicorn with this project's limits and logs."""

from __future__ import annotations

import sys
from argparse import ArgumentParser

import uvicorn
from fastapi import FastAPI

from fluxagents.scheduler.http.app import build_app
from fluxagents.workers.host.api.api_ports import build_api_ports
from fluxagents.workers.observing import log
from fluxagents.workers.observing.secret_mask import build_mask
from fluxagents.workers.settings import Settings

MODULE = "fluxagents.workers.host.api.server"

GRACE_S = 10
"""How long requests that run may take to end when the process is asked to stop; streams are cut off."""

MAX_HEADER_BYTES = 32_768


def create() -> FastAPI:
    """The application of this installation; uvicorn calls it in each of its processes."""
    settings = Settings.load()
    log.configure(settings, build_mask(settings))
    return build_app(build_api_ports(settings))


def main(arguments: list[str]) -> None:
    """Serve until asked to stop."""
    parser = ArgumentParser(prog="fluxagents api")
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args(arguments)
    uvicorn.run(
        f"{MODULE}:create",
        factory=True,
        host=options.host,
        port=options.port,
        workers=options.processes,
        log_config=None,
        # The API writes a line for each request by itself, without the query.
        access_log=False,
        server_header=False,
        # Who stands before it is not known: the address of a client decides nothing.
        proxy_headers=False,
        lifespan="on",
        ws="none",
        timeout_graceful_shutdown=GRACE_S,
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
    )


if __name__ == "__main__":
    main(sys.argv[1:])
