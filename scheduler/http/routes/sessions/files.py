"""`/v1/sessions/{session}/report` and `/export`, `/v1/sessions/import`: sessions as files."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote as quote_url

from fastapi import APIRouter, Header, Response
from fastapi import Response as PlainResponse
from pydantic import Field
from starlette.responses import FileResponse

from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.flows.texts.grammar import MAX_NAME
from fluxagents.scheduler.http.access import Body, Client, Ports
from fluxagents.scheduler.http.formats import choose_format
from fluxagents.scheduler.http.routes.run_history import ZIP, answer_written

router = APIRouter(prefix="/sessions", tags=["sessions"])

LONE_PAGE = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'none'"
"""The policy of a page with its styles and pictures in it: a browser shows those, and runs nothing."""

REPORT_FORMATS = {"text/html": "html", "application/pdf": "pdf"}
"""Media type -> format of a report."""


class UploadedSession(Body):
    """The file of a session, as an upload that is complete."""

    upload: str = Field(min_length=1, max_length=64)
    name: str = Field("", max_length=MAX_NAME, examples=["survey-of-bob"])
    """What the session is called here; as it was called there if empty."""


class ImportedSession(Body):
    """A session that was taken in; it belongs to whoever did."""

    session: str
    runs: int
    written: list[str]
    """Runs that were not here before, with those that they began."""
    missing: list[str]
    """What the runs speak of and neither the file nor this installation has."""
    unverified: str
    """Why nobody known here vouches for the file; empty if somebody does."""


@router.get(
    "/{session:path}/report",
    summary="Report a session",
    response_class=PlainResponse,
    responses={
        200: {"content": {kind: {"schema": {"type": "string"}} for kind in REPORT_FORMATS}},
    },
)
def report_session(
    session: str, client: Client, ports: Ports, accept: Annotated[str, Header(max_length=400)] = ""
) -> Response:
    """A session on one page, as HTML or PDF by `Accept`: questions, answers, growth, disagreements, costs."""
    kind = choose_format(accept, REPORT_FORMATS, "text/html")
    page = ports.report_session(ports.sessions(client), session, REPORT_FORMATS[kind])
    name = f"{quote_url(session, safe='')}.{REPORT_FORMATS[kind]}"
    # The page is read where it is; browsers show no PDF in a sandbox.
    how = "inline" if kind == "text/html" else "attachment"
    headers = {"Content-Disposition": f'{how}; filename="{name}"', "Content-Security-Policy": LONE_PAGE}
    return PlainResponse(page, media_type=kind, headers=headers)


@router.get("/{session:path}/export", summary="Export a session", response_class=FileResponse, responses=ZIP)
def export_session(session: str, client: Client, ports: Ports, with_models: bool = False) -> FileResponse:
    """A session with its runs that are in the store as one signed file, for another installation."""
    sessions = ports.sessions(client)
    sessions.show(session)
    return answer_written(
        lambda path: ports.export_session(sessions, session, path, with_models),
        f"{quote_url(session, safe='')}.session.zip",
    )


@router.post("/import", status_code=201, summary="Import a session")
def import_session(
    body: UploadedSession, client: Client, ports: Ports, response: Response
) -> ImportedSession:
    """Take in the file of a session. Every digest is checked before anything is written.

    Runs that had not ended are paused. What is here already stays as it is.
    """
    # As all that is done with uploads, and before anything of it is read.
    client.authority.permit(Action.MODEL_ADD, Resource(kind="model", id="upload"))
    record, imported = ports.import_session(client, ports.uploads.read(body.upload), body.name)
    ports.uploads.remove(body.upload)
    response.headers["Location"] = f"/v1/sessions/{quote_url(record.name, safe='')}"
    return ImportedSession(
        session=record.name,
        runs=len(imported),
        written=[run_id for each in imported for run_id in each.written],
        missing=sorted({what for each in imported for what in each.missing}),
        unverified=record.unverified,
    )
