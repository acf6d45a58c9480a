"""`/static`: the style and the scripts of pages."""

from __future__ import annotations

from importlib.resources import files

from fastapi import APIRouter
from starlette.responses import Response

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.texts.display import quote
from fluxagents.scheduler.pages.page_route import PageRoute
from fluxagents.scheduler.pages.rendering import PACKAGE

router = APIRouter(route_class=PageRoute)

MEDIA_TYPES = {
    "page.css": "text/css",
    "page.js": "text/javascript",
    "icon.svg": "image/svg+xml",
    "vendor/htmx.min.js": "text/javascript",
    "vendor/idiomorph-ext.min.js": "text/javascript",
}
"""All that is served, with its type."""

KEEP = "public, max-age=31536000, immutable"
"""Pages name each file with a digest of it."""


@router.get("/static/{name:path}")
def read_static(name: str) -> Response:
    """A file of the pages; nobody needs to be signed in for it."""
    if name not in MEDIA_TYPES:
        raise FluxError(ErrorClass.UNKNOWN_ID, f"pages have no file {quote(name)}")
    content = files(PACKAGE).joinpath("static").joinpath(*name.split("/")).read_bytes()
    return Response(content, media_type=MEDIA_TYPES[name], headers={"Cache-Control": KEEP})
