"""What somebody posted for a trigger: as it came, by one id, and what became of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Literal
from urllib.parse import parse_qsl

from pydantic import JsonValue
from pydantic_core import from_json

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Frozen

DeliveryStatus = Literal["new", "waiting", "started", "skipped", "missed", "failed", "paused"]
"""`new`: no worker has seen it; `waiting`: its run starts later; `skipped`: it starts none, and `note` says
why; `missed`: too many waited; `paused`: it came during a pause, and starts a run when it is replayed."""

MAX_HEADERS = 40
MAX_HEADER = 500
"""Characters of a header that are kept."""

_ID = re.compile(r"[A-Za-z0-9_.\-]{1,100}")
_SECRET_HEADER = re.compile(r"auth|cookie|key|secret|signature|token")
_ROUTE_HEADER = re.compile(r"(x-)?forwarded.*|x-real-ip|via|host|content-length|connection|accept.*")
_FORM = "application/x-www-form-urlencoded"
_FORM_PAYLOAD = "payload"
"""The field of a form in which GitHub and Slack put JSON."""


class Delivery(Frozen):
    """One thing that came, once or several times under the same id."""

    id: str
    came_ms: int
    """When it came first (Unix time in ms)."""
    headers: dict[str, str]
    """By name in lower case, without those that hold secrets."""
    body: str
    status: DeliveryStatus = "new"
    run_id: str = ""
    """The run that it started last."""
    note: str = ""
    """Why it started none, where the status does not say it."""
    repeats: int = 0
    """How often it came again."""
    replays: int = 0
    """How often somebody had it start a run again."""

    def names(self) -> dict[str, JsonValue]:
        """What expressions may speak of.

        Raises:
            FluxError: As `read_payload`.
        """
        payload = read_payload(self.headers, self.body.encode())
        return {"payload": payload, "headers": dict(self.headers), "delivery": self.id}


def name_delivery(given: str) -> str:
    """The id under which a delivery is kept: the sender's if it is short and plain, else the sha256 of it."""
    return given if _ID.fullmatch(given) else f"sha256-{hashlib.sha256(given.encode()).hexdigest()}"


def find_delivery_id(occurrence: str) -> str:
    """The delivery that an occurrence is of: its id has `#2` and so on behind it where it was replayed."""
    return occurrence.partition("#")[0]


def choose_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that are kept: neither secrets and signatures, nor what says only how a request came."""
    kept = {
        name: value[:MAX_HEADER]
        for name, value in headers.items()
        if not _SECRET_HEADER.search(name) and not _ROUTE_HEADER.fullmatch(name)
    }
    return dict(list(kept.items())[:MAX_HEADERS])


def read_payload(headers: Mapping[str, str], body: bytes) -> JsonValue:
    """What a body says: JSON, or a form, whose field `payload` holds JSON if there is one.

    Args:
        headers: By name in lower case.
        body: As it came.

    Raises:
        FluxError: `BAD_ARGUMENT` if it is neither, or is nested too deeply.
    """
    if headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM:
        return _read_form(body)
    return _read_json(body)


def _read_form(body: bytes) -> JsonValue:
    try:
        fields: dict[str, JsonValue] = dict(
            parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=1_000)
        )
    except ValueError as error:
        raise _unreadable(f"the form cannot be read: {error}") from error
    inner = fields.get(_FORM_PAYLOAD)
    return _read_json(inner.encode()) if isinstance(inner, str) else fields


def _read_json(body: bytes) -> JsonValue:
    try:
        payload: JsonValue = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise _unreadable(f"it is no JSON: {error}") from error
    return payload


def _unreadable(why: str) -> FluxError:
    return FluxError(
        ErrorClass.BAD_ARGUMENT,
        f"the payload cannot be read: {why}",
        suggestions=("send JSON in UTF-8, or a form",),
    )
