"""`/v1/flows`, `/v1/tools` and `/v1/media`: what runs are made of."""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter
from pydantic import JsonValue

from fluxagents.flows.language.definition import Flow
from fluxagents.scheduler.http.access import Body, Client, Ports, Who, check_may_read
from fluxagents.tasks.ports.media import LibraryMedium
from fluxagents.tasks.registry import ToolEntry, entries_of, require_tool

router = APIRouter()

DIGEST = re.compile(r"[0-9a-f]{64}")


class FlowSummary(Body):
    """A flow of the library."""

    name: str
    version: int
    digest: str
    purpose: str


class ToolSummary(Body):
    """A tool."""

    name: str
    purpose: str
    needs_approval: bool
    needs_model: bool


class ToolDescription(ToolSummary):
    """A tool with its arguments."""

    queue: str
    soft_time_limit_s: int
    reference: str
    parameters: dict[str, Any]
    """JSON schema of the arguments, with units."""
    example: dict[str, JsonValue]


class MediumSummary(Body):
    """A medium of the library, or of the installation's own folder."""

    name: str
    title: str
    source: str
    is_users: bool
    compounds: int


@router.get("/flows", summary="List flows", tags=["flows"])
def list_flows(client: Client, _: Who) -> list[FlowSummary]:
    """The flows that runs can name."""
    return [
        FlowSummary(name=flow.flow, version=flow.version, digest=flow.digest, purpose=flow.purpose)
        for flow in client.flows.flows().values()
    ]


@router.get("/flows/{flow}", summary="Show a flow", tags=["flows"])
def show_flow(flow: str, client: Client, _: Who) -> Flow:
    """A flow with its nodes, its inputs and their types: by its name, or by the digest that a run has."""
    return client.store.flow(flow) if DIGEST.fullmatch(flow) else client.flows.get(flow)


@router.get("/tools", summary="List tools", tags=["tools"])
def list_tools(client: Client, _: Who) -> list[ToolSummary]:
    """The tools that flows and chat models call."""
    return [_summarise(entry) for entry in entries_of(client.tools).values()]


@router.get("/tools/{tool}", summary="Show a tool", tags=["tools"])
def show_tool(tool: str, client: Client, _: Who) -> ToolDescription:
    """A tool with the JSON schema of its arguments, an example and the method's reference."""
    require_tool(tool, client.tools)
    entry = entries_of(client.tools)[tool]
    return ToolDescription(
        **_summarise(entry).model_dump(),
        queue=entry.queue,
        soft_time_limit_s=entry.soft_time_limit_s,
        reference=entry.reference,
        parameters=dict(entry.parameters),
        example=dict(entry.example),
    )


def _summarise(entry: ToolEntry) -> ToolSummary:
    return ToolSummary(
        name=entry.name,
        purpose=entry.purpose,
        needs_approval=entry.needs_approval,
        needs_model=entry.needs_model,
    )


@router.get("/media", summary="List media", tags=["media"])
def list_media(client: Client, ports: Ports) -> list[MediumSummary]:
    """The media that runs can name."""
    check_may_read(client, "medium")
    media = (ports.media.medium(name) for name in ports.media.names())
    return [
        MediumSummary(
            name=medium.name,
            title=medium.title,
            source=medium.source,
            is_users=medium.is_users,
            compounds=len(medium.components),
        )
        for medium in media
    ]


@router.get("/media/{medium}", summary="Show a medium", tags=["media"])
def show_medium(medium: str, client: Client, ports: Ports) -> LibraryMedium:
    """A medium with its compounds (largest uptake in mmol/gDW/h) and its source."""
    check_may_read(client, "medium", medium)
    return ports.media.medium(medium)
