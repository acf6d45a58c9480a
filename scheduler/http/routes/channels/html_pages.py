"""Small pages made on the server: without scripts, and under a policy that lets none in."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

PACKAGE = "fluxagents.scheduler.http.routes.channels"


def answer_page(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """The page of a template.

    Args:
        template: Its name without suffix.
        status: Of the answer.
        values: What it shows; all of it is escaped.
    """
    style, policy = _load_style()
    text = _templates().get_template(f"{template}.html.j2").render(style=style, **values)
    return HTMLResponse(
        text, status, headers={"Content-Security-Policy": policy, "Cache-Control": "no-store"}
    )


@cache
def _templates() -> Environment:
    return Environment(loader=PackageLoader(PACKAGE), autoescape=True, undefined=StrictUndefined)


@cache
def _load_style() -> tuple[str, str]:
    """The style sheet, and the policy that lets this one in and nothing else."""
    style = (files(PACKAGE) / "templates" / "page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    return style, policy
