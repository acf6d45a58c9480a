"""`/v1/sessions`: make sessions, change what belongs to them, and steer all their runs at once."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote as quote_url

from fastapi import APIRouter, Response
from pydantic import Field, JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.roles import Grant, Role
from fluxagents.flows.ports.session import SessionBudget, SessionRecord
from fluxagents.flows.texts.display import quote
from fluxagents.flows.texts.grammar import MAX_NAME, MAX_TEXT
from fluxagents.scheduler.collaboration.hand_over import HandedOver, HandOver
from fluxagents.scheduler.http.access import (
    Body,
    Client,
    IfMatch,
    Ports,
    check_match,
    tag_content,
)
from fluxagents.scheduler.http.ports import ApiPorts
from fluxagents.scheduler.http.routes.run_acts import Reason
from fluxagents.scheduler.runs.run_client import RunClient

router = APIRouter(prefix="/sessions", tags=["sessions"])

MAX_AMOUNT = 10**9
"""Of a budget: its millionths are still counted exactly."""

Weight = Annotated[float, Field(ge=1e-6, le=1e6)]
Amount = Annotated[float, Field(gt=0, le=MAX_AMOUNT)]
Count = Annotated[int, Field(ge=1, le=MAX_AMOUNT)]


class Budget(Body):
    """What the runs of a session may use together; null for any amount."""

    tokens: Count | None = None
    """Of chat models, in and out."""
    money: Amount | None = None
    """In the currency of the prices of the installation."""
    processor_minutes: Amount | None = None
    runs: Count | None = None


class NewSession(Body):
    """A session to be made."""

    name: str = Field(min_length=1, max_length=MAX_NAME, examples=["survey"])
    label: str = Field("", max_length=MAX_NAME, examples=["Carbon sources"])
    description: str = Field("", max_length=MAX_TEXT)
    budget: Budget = Budget()
    weight: Weight = 1.0
    """Of its share of busy workers."""


class SessionTexts(Body):
    """What a session is called; what is left out stays as it is."""

    label: str | None = Field(None, max_length=MAX_NAME, examples=["Carbon sources"])
    description: str | None = Field(None, max_length=MAX_TEXT)


class SessionLimits(Body):
    """What a session may use, and its share of busy workers; what is left out stays as it is."""

    budget: Budget | None = None
    """Replaces the whole budget."""
    weight: Weight | None = None


class SharedRole(Body):
    """A role in a session for somebody."""

    person: str = Field(max_length=64, examples=["bob"])
    role: Role


class NewOwner(Body):
    """Who is to own a session."""

    person: str = Field(max_length=64, examples=["bob"])


class NewFork(Body):
    """A session that is made from another one."""

    name: str = Field(min_length=1, max_length=MAX_NAME, examples=["survey-2"])
    inputs: dict[str, JsonValue] = Field({})
    """Inputs that differ: runs whose flow has all of them begin anew."""
    model: str = Field("", max_length=MAX_NAME)
    """Another model, on which all runs begin anew."""


class ForkedSession(Body):
    """A session that was made from another one, and its runs."""

    session: SessionRecord
    runs: list[str]


class AffectedRuns(Body):
    """Runs to which a request did something."""

    runs: list[str]


@router.post("", status_code=201, summary="Create a session")
def create_session(body: NewSession, client: Client, ports: Ports, response: Response) -> SessionRecord:
    """Make a session with a label and a budget; runs join it by its name."""
    session = ports.sessions(client).create(
        body.name,
        label=body.label,
        description=body.description,
        budget=_read_budget(body.budget, ports),
        weight=body.weight,
    )
    return _answer(session, response, is_new=True)


@router.patch("/{session:path}/limits", summary="Limit a session")
def limit_session(
    session: str,
    body: SessionLimits,
    client: Client,
    ports: Ports,
    response: Response,
    if_match: IfMatch = "",
) -> SessionRecord:
    """Change the budget or the weight; runs that were paused for want of budget go on when resumed."""
    _check_as_read(client, ports, session, if_match)
    budget = None if body.budget is None else _read_budget(body.budget, ports)
    return _answer(ports.sessions(client).limit(session, budget=budget, weight=body.weight), response)


@router.patch("/{session:path}/description", summary="Describe a session")
def describe_session(
    session: str, body: SessionTexts, client: Client, ports: Ports, response: Response, if_match: IfMatch = ""
) -> SessionRecord:
    """Change the label or the description."""
    _check_as_read(client, ports, session, if_match)
    changed = ports.sessions(client).describe(session, label=body.label, description=body.description)
    return _answer(changed, response)


@router.post("/{session:path}/share", summary="Share a session")
def share_session(session: str, body: SharedRole, client: Client, ports: Ports) -> Grant:
    """Give somebody a role in a session, beside those that they have."""
    return ports.sessions(client).share(session, body.person, body.role)


@router.post("/{session:path}/hand-over", summary="Hand a session over")
def hand_over_session(session: str, body: NewOwner, client: Client, ports: Ports) -> HandedOver:
    """Make somebody else the owner, with the budget, the schedule or trigger, and the open requests."""
    hand_over = HandOver(client, ports.sessions(client), ports.schedules(client), ports.triggers(client))
    return hand_over.hand_over(session, body.person)


@router.post("/{session:path}/close", summary="Close a session")
def close_session(session: str, client: Client, ports: Ports, response: Response) -> SessionRecord:
    """Let a session take no new runs; those that it has go on."""
    return _answer(ports.sessions(client).close(session), response)


@router.post("/{session:path}/open", summary="Open a session")
def open_session(session: str, client: Client, ports: Ports, response: Response) -> SessionRecord:
    """Let a closed session take runs again."""
    return _answer(ports.sessions(client).open(session), response)


@router.post("/{session:path}/archive", summary="Archive a session")
def archive_session(session: str, client: Client, ports: Ports) -> AffectedRuns:
    """Move a session whose runs have ended to the archive, where its runs can be looked at as before."""
    return AffectedRuns(runs=list(ports.sessions(client).archive(session).runs))


@router.post("/{session:path}/restore", summary="Restore a session")
def restore_session(session: str, client: Client, ports: Ports) -> AffectedRuns:
    """Bring an archived session back with its runs; it takes runs again."""
    return AffectedRuns(runs=list(ports.sessions(client).restore(session).runs))


@router.post("/{session:path}/fork", status_code=201, summary="Fork a session")
def fork_session(
    session: str, body: NewFork, client: Client, ports: Ports, response: Response
) -> ForkedSession:
    """Make a session with the runs of another one: as they are, or anew with other inputs or models."""
    forked, runs = ports.sessions(client).fork(session, body.name, inputs=body.inputs, model=body.model)
    return ForkedSession(session=_answer(forked, response, is_new=True), runs=runs)


@router.post("/{session:path}/pause", summary="Pause the runs of a session")
def pause_session(session: str, client: Client, ports: Ports) -> AffectedRuns:
    """Pause all runs with those that they began, each after the step that runs now."""
    return AffectedRuns(runs=ports.sessions(client).pause(session))


@router.post("/{session:path}/resume", summary="Resume the runs of a session")
def resume_session(session: str, client: Client, ports: Ports) -> AffectedRuns:
    """Let all paused runs go on, with those that they began."""
    return AffectedRuns(runs=ports.sessions(client).resume(session))


@router.post("/{session:path}/cancel", summary="Cancel the runs of a session")
def cancel_session(session: str, client: Client, ports: Ports, body: Reason | None = None) -> AffectedRuns:
    """End those runs that have not ended; a child ends with the run that began it."""
    return AffectedRuns(runs=ports.sessions(client).cancel(session, reason=(body or Reason()).reason))


def _read_budget(body: Budget, ports: ApiPorts) -> SessionBudget:
    if body.money is not None and ports.prices() is None:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"a budget of {body.money:g} cannot be held to: no prices are known",
            suggestions=("name a file of prices in FLUXAGENTS_CHAT_PRICES, of the workers as well",),
        )
    return SessionBudget(**body.model_dump())


def _check_as_read(client: RunClient, ports: ApiPorts, session: str, if_match: str) -> None:
    tag = tag_content(ports.sessions(client).show(session).session)
    check_match(if_match, tag, f"session {quote(session)}")


def _answer(session: SessionRecord, response: Response, *, is_new: bool = False) -> SessionRecord:
    response.headers["ETag"] = tag_content(session)
    if is_new:
        response.headers["Location"] = f"/v1/sessions/{quote_url(session.name, safe='')}"
    return session
