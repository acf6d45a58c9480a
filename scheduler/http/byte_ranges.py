"""Bytes that never change, whole or a range of them (RFC 9110)."""

from __future__ import annotations

import re

from starlette.responses import Response

from fluxagents.scheduler.http.problems import ProblemError

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")

IMMUTABLE = "private, max-age=31536000, immutable"


def read_range(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte that a `Range` header asks for; None for all of them.

    Several ranges, and what is no range, mean all, as the RFC permits.

    Raises:
        ProblemError: If nothing lies in the range.
    """
    match = _RANGE.fullmatch(header.strip())
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        length = min(int(last), size)
        begin, end = size - length, size - 1
    else:
        begin, end = int(first), min(int(last), size - 1) if last else size - 1
        if last and int(last) < begin:
            return None
    if begin > end or begin >= size:
        raise ProblemError(
            "range",
            f"{header[:60]} lies outside of {size:,} bytes",
            headers={"Content-Range": f"bytes */{size}"},
        )
    return begin, end


def answer_bytes(
    data: bytes, media_type: str, *, tag: str, range_header: str, if_none_match: str, name: str
) -> Response:
    """Bytes under a tag of their own: 200, 206 for a range, or 304 where they are known.

    Browsers store them under the name, and show none of them.
    """
    headers = {
        "ETag": tag,
        "Accept-Ranges": "bytes",
        "Cache-Control": IMMUTABLE,
        "Content-Disposition": f'attachment; filename="{_plain(name)}"',
    }
    if tag in {each.strip() for each in if_none_match.split(",")}:
        return Response(status_code=304, headers=headers)
    wanted = read_range(range_header, len(data)) if range_header else None
    if wanted is None:
        return Response(data, media_type=media_type, headers=headers)
    begin, end = wanted
    headers["Content-Range"] = f"bytes {begin}-{end}/{len(data)}"
    return Response(data[begin : end + 1], 206, media_type=media_type, headers=headers)


def _plain(name: str) -> str:
    """A file's name that is safe in a header."""
    return re.sub(r"[^A-Za-z0-9._+\-]", "_", name)[:150]
