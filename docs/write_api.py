"""Writes `docs/api.md` from the docstrings of what scripts use; `make api` calls it."""

from __future__ import annotations

import re
from pathlib import Path

import griffe
from griffe2md import render_object_docs

PAGE = Path(__file__).with_name("api.md")

OBJECTS = (
    "scheduler.runs.run_client.RunClient",
    "workers.clients.client.Client",
    "workers.clients.local.LocalClient",
    "scheduler.runs.run.Run",
    "scheduler.runs.run_control.RunControl",
    "scheduler.runs.history_control.HistoryControl",
    "scheduler.runs.flow_migration.FlowMigration",
    "scheduler.runs.run_starter.RunSpec",
    "flows.errors.FluxError",
)
"""What `from fluxagents import Client, LocalClient` gives, and what its methods take and return."""

HEAD = """# API reference

Made from the docstrings by `make api`. `from fluxagents import Client, LocalClient` gives the two clients;
both have the methods of `RunClient`.
"""

CONFIG = {
    "docstring_style": "google",
    "filters": ["!^_"],
    "heading_level": 2,
    "members_order": "source",
    "show_if_no_docstring": False,
    "show_signature_annotations": True,
    "show_docstring_attributes": True,
    "summary": False,
}


def render_page() -> str:
    """The page as it should be."""
    package = griffe.load("fluxagents", docstring_parser="google", resolve_aliases=False)
    parts = (render_object_docs(package[name], CONFIG) for name in OBJECTS)
    return _shorten("\n".join([HEAD, *parts]))


def _shorten(page: str) -> str:
    """Names without their modules, and types without links to pages that do not exist."""
    page = re.sub(r"(?m)^(#+ `)fluxagents(?:\.[a-z_]+)*\.", r"\1", page)
    page = re.sub(r"\[([^\[\]]*)\]\(#[\w.]+\)", r"\1", page)
    return re.sub(r"</?code>", "`", page)


if __name__ == "__main__":
    PAGE.write_text(render_page(), encoding="utf-8")
