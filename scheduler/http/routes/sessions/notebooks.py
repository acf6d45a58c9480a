"""`/v1/sessions/{session}/notebook`: a narrative of questions, answers and own text, and links to it."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote as quote_url

from fastapi import APIRouter, Response
from fastapi import Response as PlainResponse
from pydantic import Field

from fluxagents.flows.ports.notebook import Block, Notebook, NotebookLink
from fluxagents.scheduler.http.access import Body, Client, Ports
from fluxagents.scheduler.http.ports import ApiPorts
from fluxagents.scheduler.http.routes.sessions.files import LONE_PAGE
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.sessions.notebooks import LINK_DAYS, MAX_LINK_DAYS

router = APIRouter(prefix="/sessions", tags=["sessions"])

HTML = "text/html"


class NewContents(Body):
    """The blocks of a notebook, in place of those that it has."""

    version: int = Field(ge=0)
    """Of the notebook as it was read."""
    blocks: tuple[Block, ...]
    """At most 500."""


class NewLink(Body):
    """A link to a notebook."""

    days: float = Field(LINK_DAYS, gt=0, le=MAX_LINK_DAYS)
    """How long it lasts."""


class MadeLink(Body):
    """A link to a notebook that was just made."""

    link: NotebookLink
    path: str
    """Where it leads to on this server; it is not shown again."""


@router.get("/{session:path}/notebook", summary="Show the notebook of a session")
def show_notebook(session: str, client: Client, ports: Ports) -> Notebook:
    """Its blocks in order; without any if nobody has written in it."""
    return ports.notebooks(client).show(session)


@router.put("/{session:path}/notebook", summary="Write the notebook of a session")
def write_notebook(session: str, body: NewContents, client: Client, ports: Ports) -> Notebook:
    """Put other blocks in place of those that it has; refused if somebody changed it since it was read."""
    return ports.notebooks(client).write(session, lambda _: body.blocks, version=body.version)


@router.get(
    "/{session:path}/notebook/file",
    summary="Export the notebook of a session",
    response_class=PlainResponse,
    responses={200: {"content": {HTML: {"schema": {"type": "string"}}}}},
)
def export_notebook(session: str, client: Client, ports: Ports) -> Response:
    """The notebook as one HTML file, which needs nothing else to be read."""
    answer = answer_notebook(session, client, ports)
    name = f"{quote_url(session, safe='')}.html"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@router.post("/{session:path}/notebook/links", status_code=201, summary="Share the notebook of a session")
def share_notebook(session: str, client: Client, ports: Ports, body: NewLink | None = None) -> MadeLink:
    """Let whoever has a link read the notebook, with your rights and until its time is over."""
    link, path = ports.notebooks(client).share(session, days=(body or NewLink()).days)
    return MadeLink(link=link, path=path)


@router.get("/{session:path}/notebook/links", summary="List links to the notebook of a session")
def list_notebook_links(session: str, client: Client, ports: Ports) -> Sequence[NotebookLink]:
    """Those that can be followed now, the oldest first."""
    return ports.notebooks(client).list_links(session)


@router.delete("/{session:path}/notebook/links/{link}", summary="Revoke a link to a notebook")
def revoke_notebook_link(session: str, link: str, client: Client, ports: Ports) -> NotebookLink:
    """Nobody reads anything under it any more."""
    return ports.notebooks(client).revoke(session, link)


def answer_notebook(session: str, client: RunClient, ports: ApiPorts) -> Response:
    """The notebook as a page that loads nothing and runs nothing, whoever looks."""
    contents = ports.notebooks(client).read(session)
    page = ports.write_notebook(ports.sessions(client).show(session).session, contents)
    return PlainResponse(page, media_type=HTML, headers={"Content-Security-Policy": LONE_PAGE})
