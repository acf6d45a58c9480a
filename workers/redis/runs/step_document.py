"""A step as the scripts that write it read it."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import Any

from fluxagents.flows.ports.commit import Commit
from fluxagents.flows.ports.dispatch import Dispatch
from fluxagents.flows.ports.event_feed import find_kinds
from fluxagents.flows.state import state_digest
from fluxagents.workers.observing.metrics.amounts import Amounts
from fluxagents.workers.observing.metrics.request_marks import mark_request
from fluxagents.workers.redis.people.audit_log import record_arguments


class ScriptArguments:
    """The arguments of a script: a JSON document, then the large texts that it refers to by their numbers.

    A text that is JSON itself would be escaped inside the document, and Redis would read it once more.
    """

    def __init__(self) -> None:
        self._texts: list[str] = []

    def add(self, text: str) -> int:
        """The number of a text as Lua counts: the document is argument 1."""
        self._texts.append(text)
        return len(self._texts) + 1

    def after(self, document: dict[str, Any]) -> list[str]:
        """All arguments."""
        return [json.dumps(document), *self._texts]


def build_step_document(
    commit: Commit, state: str, arguments: ScriptArguments, amounts: Amounts
) -> dict[str, Any]:
    """A step as `write_step.lua` reads it; what is None there must be absent here."""
    document = {
        "run": commit.state.run_id,
        "seq": commit.seq,
        "status": commit.state.status,
        "digest": state_digest(state),
        "started_ms": commit.state.started_ms,
        "session": commit.state.session,
        "state": arguments.add(state),
        "events": [arguments.add(event.model_dump_json()) for event in commit.events],
    }
    if commit.record:
        text, document["content"] = record_arguments(commit.record)
        document["record"] = arguments.add(text)
    kinds = find_kinds(commit.events, is_child=bool(commit.state.parent))
    if kinds:
        document["kinds"] = kinds
    document |= _describe_start(commit)
    if counts := amounts.fields():
        document["counts"] = counts
    if exemplars := amounts.exemplars():
        document["exemplars"] = exemplars
    if commit.usage:
        document["usage"] = asdict(commit.usage)
    if commit.state.trace:
        document["traced_ms"] = -1 if commit.held_ms is None else commit.held_ms
    if commit.state.waiting_for:
        document["request"] = arguments.add(commit.state.waiting_for.model_dump_json())
        document["request_mark"] = mark_request(commit.state.waiting_for)
    if commit.dispatch:
        document["dispatch"] = {
            "queue": commit.dispatch.queue,
            "text": arguments.add(_dispatch_json(commit.dispatch)),
            "not_before_ms": commit.dispatch.not_before_ms,
            "after": commit.dispatch.after,
        }
    return document


def _describe_start(commit: Commit) -> dict[str, Any]:
    """Who began the run, and who pays for it and wanted it where no other run began it."""
    state = commit.state
    if state.parent:
        return {"parent": state.parent}
    found: dict[str, Any] = {"starts": commit.is_start}
    if state.session != state.run_id:
        found["account"] = state.session
    if state.requester:
        found["requester"] = state.requester
    return found


_STORED_FIELDS = tuple(field.name for field in fields(Dispatch) if field.name != "after")


def _dispatch_json(dispatch: Dispatch) -> str:
    """Without the runs to wait for, which matter in the commit only."""
    return json.dumps({name: getattr(dispatch, name) for name in _STORED_FIELDS})
