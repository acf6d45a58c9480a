"""The process of the API: uvicorn with this project's limits and logs."""

from __future__ import annotations

import gc
import sys
from argparse import ArgumentParser

import uvicorn

APPLICATION = "fluxagents.workers.host.api.application:create"
"""Named, not imported: uvicorn imports it in each process that serves."""

GRACE_S = 10
"""How long requests that run may take to end when the process is asked to stop; streams are cut off."""

MAX_HEADER_BYTES = 32_768


def main(arguments: list[str]) -> None:
    """Serve until asked to stop."""
    parser = ArgumentParser(prog="fluxagents api")
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args(arguments)
    if options.processes == 1:
        # Imports make much and drop little: the application enables it once they are done.
        gc.disable()
    uvicorn.run(
        APPLICATION,
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
