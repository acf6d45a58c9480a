"""Sessions over HTTP: the methods of `Sessions`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import quote

from pydantic import JsonValue, TypeAdapter

from fluxagents.flows.people.roles import Grant, Role
from fluxagents.flows.ports.session import (
    SESSION_STATUSES,
    PersonQuota,
    SessionBudget,
    SessionEntry,
    SessionRecord,
    SessionStatus,
    SessionUsage,
    unknown_session,
)
from fluxagents.flows.state import RunState
from fluxagents.flows.statistics.run_clusters import TOLERANCE, Cluster, cluster_runs
from fluxagents.scheduler.sessions.observations import observe_runs
from fluxagents.scheduler.sessions.session_archive import ArchivedSession
from fluxagents.scheduler.sessions.sessions import PAGE
from fluxagents.workers.clients.http.api_calls import (
    ApiCall,
    call_post,
    call_session,
    read_ids,
    refuse_other,
)
from fluxagents.workers.clients.http.connection import ApiConnection
from fluxagents.workers.clients.http.http_runs import HttpRuns

QUOTAS: TypeAdapter[dict[str, PersonQuota]] = TypeAdapter(dict[str, PersonQuota])

LISTED = 500
"""Sessions in one answer."""


class HttpSessions:
    """Everything that is done with sessions as a whole, for whoever owns the key.

    Args:
        api: Where sessions are asked for.
        runs: Where their runs are read.
    """

    def __init__(self, api: ApiConnection, runs: HttpRuns) -> None:
        self._api = api
        self._runs = runs

    def create(
        self,
        name: str,
        *,
        label: str = "",
        description: str = "",
        budget: SessionBudget | None = None,
        weight: float = 1.0,
        forked_from: str = "",
        by: str | None = None,
    ) -> SessionRecord:
        """Make a session; what it was forked from is said by `fork` alone."""
        refuse_other(by)
        del forked_from
        body = {"name": name, "label": label, "description": description, "weight": weight}
        answer = self._api.send(call_post("/v1/sessions", {**body, "budget": _dump(budget)}))
        return SessionRecord.model_validate_json(answer)

    def describe(
        self, name: str, *, label: str | None = None, description: str | None = None, by: str | None = None
    ) -> SessionRecord:
        """Change the label or the description of a session; None leaves one as it is."""
        refuse_other(by)
        return self._patch(name, "/description", label=label, description=description)

    def limit(
        self,
        name: str,
        *,
        budget: SessionBudget | None = None,
        weight: float | None = None,
        by: str | None = None,
    ) -> SessionRecord:
        """Change what the runs of a session may use together, or its share; None leaves it as it is."""
        refuse_other(by)
        return self._patch(name, "/limits", budget=_dump(budget), weight=weight)

    def close(self, name: str, *, by: str | None = None) -> SessionRecord:
        """Let a session take no new runs; those that it has go on."""
        return SessionRecord.model_validate_json(self._act(name, "/close", by))

    def open(self, name: str, *, by: str | None = None) -> SessionRecord:
        """Let a closed session take runs again."""
        return SessionRecord.model_validate_json(self._act(name, "/open", by))

    def share(self, name: str, person: str, role: Role, *, by: str | None = None) -> Grant:
        """Give somebody a role in a session, beside those that they have."""
        return Grant.model_validate_json(self._act(name, "/share", by, person=person, role=role))

    def hand_over(self, name: str, person: str, *, by: str | None = None) -> SessionRecord:
        """Make somebody else the owner of a session; its schedule or trigger and its requests go with it."""
        refuse_other(by)
        answer = self._api.send(call_session(name, "/hand-over", {"person": person}))
        return SessionRecord.model_validate(json.loads(answer)["session"])

    def show(self, name: str) -> SessionEntry:
        """A session with what its runs have used."""
        document = json.loads(self._api.send(call_session(name)))
        if document["session"] is None:
            raise unknown_session(name)
        return _read_entry(document)

    def page(
        self, status: SessionStatus = "open", *, limit: int = PAGE, offset: int = 0
    ) -> Sequence[SessionEntry]:
        """A page of the sessions with a status, those that were active last first."""
        return list(islice(self._walk(status), offset, offset + limit))

    def counts(self) -> dict[SessionStatus, int]:
        """How many sessions that one may see have each status."""
        return {status: sum(1 for _ in self._walk(status)) for status in SESSION_STATUSES}

    def states(self, name: str) -> list[RunState]:
        """The states of its runs that are in the store, those that started first first."""
        return list(self._runs.of_session(name))[::-1]

    def pause(self, name: str, *, by: str | None = None) -> list[str]:
        """Pause all runs of a session with the runs that they began; returns the ids of those."""
        return read_ids(self._act(name, "/pause", by))

    def resume(self, name: str, *, by: str | None = None) -> list[str]:
        """Let all paused runs of a session go on with the runs that they began; returns their ids."""
        return read_ids(self._act(name, "/resume", by))

    def cancel(self, name: str, *, reason: str = "no reason given", by: str | None = None) -> list[str]:
        """End all runs of a session that have not ended; a child ends with the run that began it."""
        return read_ids(self._act(name, "/cancel", by, reason=reason))

    def clusters(self, name: str, *, tolerance: float = TOLERANCE) -> list[Cluster]:
        """Which runs of a session ask the same, where their answers disagree, and which values stand out."""
        self.show(name)
        return cluster_runs(observe_runs(self._runs, self.states(name)), tolerance=tolerance)

    def fork(
        self, name: str, new: str, *, inputs: Mapping[str, JsonValue] | None = None, model: str = ""
    ) -> tuple[SessionRecord, list[str]]:
        """Make a session with the runs of another one, which stays as it is."""
        answer = self._act(name, "/fork", None, name=new, inputs=dict(inputs or {}), model=model)
        document = json.loads(answer)
        return SessionRecord.model_validate(document["session"]), document["runs"]

    def archive(self, name: str, *, by: str | None = None) -> ArchivedSession:
        """Move a session and its runs to the archive, where its runs can be looked at as before."""
        runs = read_ids(self._act(name, "/archive", by))
        return _describe_archived(self.show(name), runs)

    def restore(self, name: str, *, by: str | None = None) -> ArchivedSession:
        """Bring an archived session and its runs back into the store; it takes runs again."""
        archived = self.show(name)
        return _describe_archived(archived, read_ids(self._act(name, "/restore", by)))

    def set_quota(self, person: str, quota: PersonQuota, *, by: str | None = None) -> PersonQuota:
        """Hold a person to a quota from now."""
        refuse_other(by)
        call = ApiCall("PUT", _quota_of(person), quota.model_dump(mode="json"))
        return PersonQuota.model_validate_json(self._api.send(call))

    def quota(self, person: str) -> PersonQuota:
        """The quota of a person; one without limits if nobody set one."""
        return PersonQuota.model_validate_json(self._api.send(ApiCall("GET", _quota_of(person))))

    def quotas(self) -> dict[str, PersonQuota]:
        """All quotas that somebody set, by person."""
        return QUOTAS.validate_json(self._api.send(ApiCall("GET", "/v1/quotas")))

    def _act(self, session: str, what: str, by: str | None, /, **body: Any) -> bytes:
        refuse_other(by)
        return self._api.send(call_session(session, what, body))

    def _patch(self, name: str, what: str, **body: Any) -> SessionRecord:
        kept = {field: value for field, value in body.items() if value is not None}
        call = ApiCall("PATCH", call_session(name, what).path, kept)
        return SessionRecord.model_validate_json(self._api.send(call))

    def _walk(self, status: SessionStatus) -> Iterator[SessionEntry]:
        cursor: str | None = ""
        while cursor is not None:
            path = f"/v1/sessions?status={status}&limit={LISTED}&cursor={quote(cursor)}"
            page = json.loads(self._api.send(ApiCall("GET", path)))
            yield from map(_read_entry, page["items"])
            cursor = page["next_cursor"]


def _read_entry(document: Mapping[str, Any]) -> SessionEntry:
    return SessionEntry(
        session=SessionRecord.model_validate(document["session"]),
        runs=document["runs"],
        usage=SessionUsage.model_validate(document["used"]),
        active_ms=round(datetime.fromisoformat(document["active"]).timestamp() * 1_000),
    )


def _describe_archived(entry: SessionEntry, runs: list[str]) -> ArchivedSession:
    return ArchivedSession(session=entry.session, usage=entry.usage, runs=tuple(runs))


def _dump(budget: SessionBudget | None) -> dict[str, Any] | None:
    return None if budget is None else budget.model_dump(mode="json")


def _quota_of(person: str) -> str:
    return f"/v1/people/{quote(person, safe='')}/quota"
