"""Pictures that pages show as images: drawings bring their own style, and run nothing."""

from __future__ import annotations

from starlette.responses import Response

POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""Of a picture that somebody opens by itself: its style counts, and nothing else in it."""

KEEP = {"Cache-Control": "private, max-age=86400"}

MEDIA_TYPES = {"svg": "image/svg+xml", "png": "image/png", "html": "text/html"}


def answer_svg(content: str | bytes, *, keep: bool = False) -> Response:
    """A picture.

    Args:
        content: The SVG document.
        keep: Whether what its address names never changes.
    """
    headers = {"Content-Security-Policy": POLICY} | (KEEP if keep else {})
    return Response(content, media_type=MEDIA_TYPES["svg"], headers=headers)


def answer_file(content: bytes, name: str) -> Response:
    """A picture or page to be stored under a name, whose suffix says what it is; it is not shown."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', **KEEP}
    return Response(content, media_type=MEDIA_TYPES[name.rpartition(".")[2]], headers=headers)
