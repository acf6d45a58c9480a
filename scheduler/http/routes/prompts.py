"""`/v1/prompts`: what chat models are shown, version by version."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import Field

from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.prompts.versions.record import PromptState
from fluxagents.scheduler.http.access import Body, Client, Ports, check_may_read

router = APIRouter(prefix="/prompts", tags=["prompts"])

Label = Literal["production", "candidate"]


class PromptSummary(Body):
    """A prompt, and which of its versions new runs get."""

    name: str
    purpose: str
    versions: list[str]
    runs_get: str
    production: str | None
    candidate: str | None
    experiment: dict[str, int]
    """Version -> weight, while one is under way."""


class PromptVersion(Body):
    """One version of a prompt."""

    name: str
    version: str
    digest: str
    purpose: str
    variables: dict[str, str]
    source: str
    """The whole template file."""


class NewVersion(Body):
    """A version to be registered."""

    source: str = Field(min_length=1, max_length=200_000)
    """A whole template file, or its body alone."""


class Promotion(Body):
    """A version that gets a label."""

    version: str = Field(max_length=40)
    label: Label = "production"


class Demotion(Body):
    """A label that goes back to the version that had it before."""

    label: Label = "production"


def _summarise(manager: PromptManager, name: str) -> PromptSummary:
    state = manager.versions.load_state(name)
    return PromptSummary(
        name=name,
        purpose=manager.versions.find(name).purpose,
        versions=list(manager.versions.list_numbers(name)),
        runs_get=manager.versions.select_default(name).version,
        production=_holder(state, "production"),
        candidate=_holder(state, "candidate"),
        experiment={arm.version: arm.weight for arm in state.arms},
    )


def _holder(state: PromptState, label: Label) -> str | None:
    holder = state.holder(label)
    return holder.version if holder else None


def _describe(manager: PromptManager, name: str, version: str) -> PromptVersion:
    template = manager.versions.find(name, version)
    return PromptVersion(
        name=name,
        version=template.version,
        digest=template.digest,
        purpose=template.purpose,
        variables=dict(template.variables),
        source=template.source,
    )


@router.get("", summary="List prompts")
def list_prompts(client: Client, ports: Ports) -> list[PromptSummary]:
    """The prompts and their versions."""
    check_may_read(client, "prompt")
    manager = ports.prompts()
    return [_summarise(manager, name) for name in manager.names]


@router.get("/{name}", summary="Show a prompt")
def show_prompt(name: str, client: Client, ports: Ports) -> PromptSummary:
    """A prompt and its versions."""
    check_may_read(client, "prompt", name)
    return _summarise(ports.prompts(), name)


@router.get("/{name}/versions/{version}", summary="Show a version")
def show_version(name: str, version: str, client: Client, ports: Ports) -> PromptVersion:
    """A version by its number, `latest` or a label."""
    check_may_read(client, "prompt", name)
    return _describe(ports.prompts(), name, version)


@router.post("/{name}/versions", status_code=201, summary="Register a version")
def register_version(
    name: str, body: NewVersion, client: Client, ports: Ports, response: Response
) -> PromptVersion:
    """Add a version; it must pass its own test cases. Runs get it when it is promoted."""
    by = client.authority.record(Action.PROMPT_REGISTER, Resource(kind="prompt", id=name))
    manager = ports.prompts()
    version = manager.version_prompt(name, body.source, by=by, at_ms=ports.clock.now_ms())
    response.headers["Location"] = f"/v1/prompts/{name}/versions/{version}"
    return _describe(manager, name, version)


@router.post("/{name}/promote", summary="Promote a version")
def promote_version(name: str, body: Promotion, client: Client, ports: Ports) -> PromptSummary:
    """Give a label to a version; `production` is what new runs get."""
    details = {"version": body.version, "label": body.label}
    by = client.authority.record(Action.PROMPT_PROMOTE, Resource(kind="prompt", id=name), details={**details})
    manager = ports.prompts()
    manager.releases.promote(name, body.version, body.label, by=by, at_ms=ports.clock.now_ms())
    return _summarise(manager, name)


@router.post("/{name}/rollback", summary="Take a promotion back")
def roll_back_prompt(name: str, client: Client, ports: Ports, body: Demotion | None = None) -> PromptSummary:
    """Give a label back to the version that had it before."""
    by = client.authority.record(Action.PROMPT_ROLL_BACK, Resource(kind="prompt", id=name))
    manager = ports.prompts()
    manager.releases.rollback(name, (body or Demotion()).label, by=by, at_ms=ports.clock.now_ms())
    return _summarise(manager, name)
