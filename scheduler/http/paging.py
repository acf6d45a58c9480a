"""Pages of lists: a cursor that no new entry moves, and links to the next page (RFC 8288)."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable
from itertools import islice
from typing import Annotated, Generic, TypeVar

from fastapi import Query, Request, Response
from pydantic import BaseModel

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.texts.display import quote

T = TypeVar("T")

MAX_PAGE = 500

Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="Most entries of the page.")]
Cursor = Annotated[
    str, Query(max_length=400, description="Where the page begins; from the link `next` of the page before.")
]


class Page(BaseModel, Generic[T]):
    """Some entries of a list."""

    items: list[T]
    next_cursor: str | None = None
    """Of the next page; none after the last."""


def encode_cursor(*place: int | str) -> str:
    """A cursor that stands for a place in a list."""
    return urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *kinds: type[int | str]) -> tuple[int | str, ...] | None:
    """The place that a cursor stands for; None for the beginning.

    Raises:
        FluxError: If no list gave this cursor.
    """
    if not cursor:
        return None
    try:
        place = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (Base64Error, ValueError, RecursionError):
        place = None
    if not isinstance(place, list) or list(map(type, place)) != list(kinds):
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"{quote(cursor)} is no cursor of this list",
            suggestions=("follow the link `next` of the page before",),
        )
    return tuple(place)


def link_next(request: Request, response: Response, cursor: str | None) -> None:
    """Say in the header `Link` where the next page is."""
    if cursor is not None:
        url = request.url.include_query_params(cursor=cursor)
        response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'


def slice_page(entries: Iterable[T], limit: int, cursor: str) -> tuple[list[T], str | None]:
    """A page of a list that is at hand, or is made no further than asked for; the cursor of the next one."""
    place = decode_cursor(cursor, int)
    first = max(int(place[0]), 0) if place else 0
    last = first + limit
    found = list(islice(entries, first, last + 1))
    return found[:limit], encode_cursor(last) if len(found) > limit else None
