"""A file that is sent in parts."""

from __future__ import annotations

from pathlib import Path

from fluxagents.workers.clients.http.api_calls import call_part, call_post, read_upload
from fluxagents.workers.clients.http.connection import ApiConnection

PART_BYTES = 8_000_000


def send_upload(api: ApiConnection, path: Path) -> str:
    """Send a file; returns the id of the upload, which some further call makes something of."""
    upload = read_upload(api.send(call_post("/v1/uploads", {})))
    offset = 0
    with path.open("rb") as file:
        while part := file.read(PART_BYTES):
            api.send(call_part(upload, offset, part))
            offset += len(part)
    return upload
