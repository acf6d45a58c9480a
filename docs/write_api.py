"""Writes `docs/api.md` from the docstrings of what scripts use; `make api` calls it."""

from __future__ import annotations

import re
from pathlib import Path

import griffe
from griffe2md import render_object_docs

PAGE = Path(__file__).with_name("api.md")

OBJECTS = (
    "workers.clients.script_client.ScriptClient",
    "workers.clients.client.Client",
    "workers.clients.local.LocalClient",
    "workers.clients.awaited.async_client.AsyncClient",
    "workers.clients.http.http_client.HttpClient",
    "workers.clients.http.http_book.HttpBook",
    "workers.clients.awaited.async_http_client.AsyncHttpClient",
    "workers.clients.client_run.ClientRun",
    "workers.clients.run_group.Batch",
    "workers.clients.run_group.Session",
    "scheduler.sessions.sessions.Sessions",
    "scheduler.collaboration.feedback.Feedback",
    "scheduler.collaboration.collaboration.Collaboration",
    "scheduler.collaboration.inbox.Inbox",
    "workers.clients.artifact.Artifact",
    "scheduler.runs.run_control.RunControl",
    "scheduler.runs.request_control.RequestControl",
    "scheduler.runs.request_dialogue.RequestDialogue",
    "scheduler.runs.request_view.RequestView",
    "scheduler.runs.history_control.HistoryControl",
    "scheduler.runs.flow_migration.FlowMigration",
    "scheduler.runs.run_starter.RunSpec",
    "flows.errors.FluxError",
)
"""What `from fluxagents import Client, …` gives, and what its methods take and return."""

WITHOUT_METHODS = frozenset({"Client", "LocalClient", "AsyncClient", "AsyncHttpClient"})
"""They have those of `ScriptClient` or `HttpClient`, which the page describes once."""

HEAD = """# API reference

Made from the docstrings by `make api`. `from fluxagents import AsyncClient, Client, LocalClient` gives the
clients; all have the methods of `ScriptClient`, which those of `AsyncClient` await. `HttpClient` and
`AsyncHttpClient` have them for whoever reaches only the [HTTP API](http.md). The
[notebook](notebook.ipynb) and the [script](script.py) show them at work.
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
    parts = (_render_object(package[name]) for name in OBJECTS)
    return _shorten("\n".join([HEAD, *parts]))


def _render_object(obj: griffe.Object) -> str:
    hidden = {"members": [], "inherited_members": False} if obj.name in WITHOUT_METHODS else {}
    return render_object_docs(obj, CONFIG | hidden)


def _shorten(page: str) -> str:
    """Names without their modules, and types without links to pages that do not exist."""
    page = re.sub(r"(?m)^(#+ `)fluxagents(?:\.[a-z_]+)*\.", r"\1", page)
    page = re.sub(r"\[([^\[\]]*)\]\(#[\w.]+\)", r"\1", page)
    return re.sub(r"</?code>", "`", page)


if __name__ == "__main__":
    PAGE.write_text(render_page(), encoding="utf-8")
