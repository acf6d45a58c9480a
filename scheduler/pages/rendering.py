"""Pages from templates: whatever they show is escaped, and nothing of another server is loaded."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from fluxagents.flows.texts.display import visible
from fluxagents.flows.texts.units import unit_of
from fluxagents.scheduler.pages.navigation import list_sections
from fluxagents.scheduler.pages.values import (
    format_date,
    format_duration,
    format_json,
    format_minute,
    format_number,
    format_value,
    humanize,
    iso_time,
    name_call,
    name_request,
    name_run,
)

PACKAGE = "fluxagents.scheduler.pages"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""What a page may load and where its forms may go: this server, and no script or style that stands in it."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    # With none at all browsers call the origin of a form `null`.
    "Referrer-Policy": "same-origin",
}


def render(request: Request, template: str, /, *, status: int = 200, **values: Any) -> HTMLResponse:
    """The page of a template.

    Args:
        request: Which is answered.
        template: Its file name.
        status: Of the answer.
        values: What it shows.
    """
    visitor = getattr(request.state, "visitor", None)
    menu = list_sections(is_admin=visitor is not None and visitor.is_admin)
    text = render_template(template, visitor=visitor, menu=menu, path=request.url.path, **values)
    return HTMLResponse(text, status, headers=HEADERS)


def render_template(template: str, /, **values: Any) -> str:
    """The text of a template, without what a page of the site has around it."""
    return _templates().get_template(template).render(**values)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader(PACKAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_show_invisible,
    )
    environment.globals.update(asset=address_asset)
    environment.filters.update(
        date=format_date,
        iso=iso_time,
        minute=format_minute,
        duration=format_duration,
        number=format_number,
        value=format_value,
        json_text=format_json,
        unit=unit_of,
        words=humanize,
        run_name=name_run,
        request_name=name_request,
        call_name=name_call,
    )
    return environment


def _show_invisible(value: object) -> object:
    """Text as it may be shown: what is invisible or turns other text around stands as its code."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def address_asset(name: str) -> str:
    """The address of a file of `static`; it changes with the file, so that browsers may keep it."""
    return f"/static/{name}?v={hashlib.sha256(read_asset(name)).hexdigest()[:12]}"


def read_asset(name: str) -> bytes:
    """A file of `static`."""
    return files(PACKAGE).joinpath("static").joinpath(*name.split("/")).read_bytes()
