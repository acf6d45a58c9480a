"""`/static`: the style and the scripts of pages."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.texts.display import quote
from fluxagents.scheduler.pages.page_route import PageRoute
from fluxagents.scheduler.pages.rendering import read_asset

router = APIRouter(route_class=PageRoute)

MEDIA_TYPES = {
    "page.css": "text/css",
    "local_times.js": "text/javascript",
    "page.js": "text/javascript",
    "flux_map.css": "text/css",
    "flux_map.js": "text/javascript",
    "icon.svg": "image/svg+xml",
    "vendor/htmx.min.js": "text/javascript",
    "vendor/idiomorph-ext.min.js": "text/javascript",
    "vendor/escher/escher.min.js": "text/javascript",
}
"""All that is served, with its type."""

HEADERS = {
    # Pages name each file with a digest of it.
    "Cache-Control": "public, max-age=31536000, immutable",
    # A map stands in a sandbox, which is no origin.
    "Cross-Origin-Resource-Policy": "cross-origin",
}


@router.get("/static/{name:path}")
def read_static(name: str) -> Response:
    """A file of the pages; nobody needs to be signed in for it."""
    if name not in MEDIA_TYPES:
        raise FluxError(ErrorClass.UNKNOWN_ID, f"pages have no file {quote(name)}")
    return Response(read_asset(name), media_type=MEDIA_TYPES[name], headers=HEADERS)
