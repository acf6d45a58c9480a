"""What routes are given: the client of whoever acts, and what they may see."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Literal, get_args

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator

from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Actor, Resource
from fluxagents.flows.ports.run_store import unknown_run
from fluxagents.flows.state import RunState
from fluxagents.scheduler.http.ports import ApiPorts
from fluxagents.scheduler.http.problems import ProblemError
from fluxagents.scheduler.http.streams.event_hub import EventHub
from fluxagents.scheduler.runs.run_client import RunClient


class Parameters(BaseModel):
    """What the address of a request asks for; an unknown field is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)


class Body(Parameters):
    """What a request brings; an unknown field is refused."""

    @field_validator("*", mode="before")
    @classmethod
    def _take_numbers_for_numbers(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse `true` and `"1"` where a number is asked for: pydantic would take them for 1."""
        assert info.field_name is not None
        kind = cls.model_fields[info.field_name].annotation
        kinds = {*get_args(kind), kind}
        if kinds & {int, float} and kinds.isdisjoint({str, bool}) and isinstance(value, str | bool):
            raise ValueError("is no number")
        return value


async def _ports(request: Request) -> ApiPorts:
    ports: ApiPorts = request.app.state.ports
    return ports


async def _hub(request: Request) -> EventHub:
    hub: EventHub = request.app.state.hub
    return hub


async def _actor(request: Request) -> Actor:
    actor: Actor = request.state.actor
    return actor


async def _client(request: Request) -> RunClient:
    ports: ApiPorts = request.app.state.ports
    return ports.client.acting_as(request.state.actor)


Ports = Annotated[ApiPorts, Depends(_ports)]
Hub = Annotated[EventHub, Depends(_hub)]
Who = Annotated[Actor, Depends(_actor)]
"""Who acts."""
Client = Annotated[RunClient, Depends(_client)]
"""Acts for whoever sent the request."""
IfMatch = Annotated[str, Header(max_length=200, description="The `ETag` of what is changed, as it was read.")]


def load_visible(client: RunClient, run_id: str) -> RunState:
    """The state of a run.

    Raises:
        FluxError: If there is none, or none that whoever acts may see: the answer does not tell which.
    """
    state = client.store.load(run_id)
    if not client.may_see(state):
        raise unknown_run(run_id)
    return state


Shared = Literal["model", "artifact", "medium", "prompt", "schedule", "audit log", "metrics"]


def check_may_read(client: RunClient, kind: Shared, name: str = "all") -> None:
    """Refuse to show what all share to somebody who may only look at sessions of theirs.

    Raises:
        FluxError: `PERMISSION` if they may not.
    """
    client.authority.permit(Action.RUN_READ, Resource(kind=kind, id=name))


def tag_run(response: Response, state: RunState) -> None:
    """Name the state of a run in the answer."""
    response.headers["ETag"] = run_tag(state)


def run_tag(state: RunState) -> str:
    """The `ETag` of a run: it changes with every step and every act."""
    return f'"{state.seq}"'


def tag_content(record: BaseModel) -> str:
    """The `ETag` of what is kept as a whole: it changes with anything in it."""
    return f'"{hashlib.sha256(record.model_dump_json().encode()).hexdigest()[:16]}"'


def check_match(if_match: str, tag: str, what: str) -> None:
    """Refuse a change of something that is no longer as it was read.

    Raises:
        ProblemError: If `If-Match` names another tag.
    """
    if if_match and if_match != "*" and tag not in {each.strip() for each in if_match.split(",")}:
        raise ProblemError("changed", f"{what} is now {tag}, not {if_match}", headers={"ETag": tag})


class VisibleSessions:
    """Which sessions whoever acts may see; each is asked for once in a request."""

    def __init__(self, client: RunClient) -> None:
        self._client = client
        self._known: dict[str, bool] = {}

    def shows(self, state: RunState) -> bool:
        """Whether they may see a run."""
        # A run that another one began has the session of that one, or is a session of its own.
        key = state.parent or state.session
        if key not in self._known:
            self._known[key] = self._client.may_see(state)
        return self._known[key]
