"""Pictures that pages show as images: drawings bring their own style, and run nothing."""

from __future__ import annotations

from starlette.responses import Response

POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""Of a picture that somebody opens by itself: its style counts, and nothing else in it."""


def answer_svg(content: str | bytes, *, keep: bool = False) -> Response:
    """A picture.

    Args:
        content: The SVG document.
        keep: Whether what its address names never changes.
    """
    headers = {"Content-Security-Policy": POLICY}
    if keep:
        headers["Cache-Control"] = "private, max-age=86400"
    return Response(content, media_type="image/svg+xml", headers=headers)
