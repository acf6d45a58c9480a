"""The API in this process over a real Redis, and people with keys to it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI
from pydantic import SecretStr
from starlette.testclient import TestClient

from fluxagents.flows.people.actions import Scope
from fluxagents.flows.people.actor import Actor, Proof
from fluxagents.flows.people.members import Person
from fluxagents.flows.people.roles import EVERYWHERE, Grant, Role
from fluxagents.scheduler.http.app import build_app
from fluxagents.scheduler.http.ports import ApiPorts
from fluxagents.workers.clients.local import LocalClient
from fluxagents.workers.host.api.api_ports import build_api_ports
from fluxagents.workers.settings import Settings


@dataclass(frozen=True)
class Api:
    """An API whose runs nobody carries out."""

    app: FastAPI
    ports: ApiPorts
    client: TestClient
    folder: Path

    def key(
        self, name: str, role: Role, *, place: str = EVERYWHERE, scopes: frozenset[Scope] | None = None
    ) -> str:
        """A key of a person, who is let in with a role unless they are there already."""
        directory = self.ports.client.authority.directory
        if directory.find(name) is None:
            directory.save(Person(name=name, grants=(Grant(role=role, place=place),)), before=None)
        actor = Actor(name=name, channel="process", proof=Proof(kind="os-user", id="1"))
        authority = self.ports.client.acting_as(actor).authority
        text, _ = self.ports.api_keys.create(authority, owner=name, scopes=scopes or frozenset(Scope))
        return str(text)

    def local(self) -> LocalClient:
        """Carries whole runs out in this process, in the same store."""
        store = self.ports.client.store
        return LocalClient(self.folder / "store", store=store)

    def bearer(self, name: str, role: Role, *, place: str = EVERYWHERE) -> dict[str, str]:
        """The header that says who acts."""
        return {"Authorization": f"Bearer {self.key(name, role, place=place)}"}


def build_api(redis_url: str, prefix: str, folder: Path, **changes: object) -> tuple[FastAPI, ApiPorts]:
    """The application over a Redis, with other settings where they are named."""
    settings = Settings(redis_url=SecretStr(redis_url), key_prefix=prefix, data_dir=folder, **changes)  # type: ignore[arg-type]
    ports = build_api_ports(settings)
    return build_app(ports), ports
