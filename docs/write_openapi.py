"""Writes `docs/openapi.json` and `docs/problems.md` from the code of the API; `make openapi` calls it."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import gettempdir

from pydantic import SecretStr

from fluxagents.scheduler.http.app import build_app
from fluxagents.scheduler.http.problem_types import PROBLEMS
from fluxagents.workers.host.api.api_ports import build_api_ports
from fluxagents.workers.settings import Settings

DESCRIPTION = Path(__file__).with_name("openapi.json")
PAGE = Path(__file__).with_name("problems.md")

HEAD = """# Problems

What the [HTTP API](http.md) answers when something goes wrong: `application/problem+json` (RFC 9457). Its
`type` is the address of a section of this page, such as `/problems/unknown_id`, which the API serves too.
Made from the code by `make openapi`.
"""


def render_description() -> str:
    """The description of the API as it should be; Redis is not asked for it."""
    nowhere = Settings(redis_url=SecretStr("redis://127.0.0.1:1/0"), data_dir=Path(gettempdir()))
    document = build_app(build_api_ports(nowhere)).openapi()
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def render_page() -> str:
    """The page of problems as it should be."""
    parts = (
        f"## {problem.name}\n\n{problem.status} {problem.title}. {problem.meaning}\n"
        for problem in PROBLEMS.values()
    )
    return "\n".join([HEAD, *parts])


if __name__ == "__main__":
    DESCRIPTION.write_text(render_description(), encoding="utf-8")
    PAGE.write_text(render_page(), encoding="utf-8")
