"""Feedback, collaboration and the inbox over HTTP: the methods of the clients that reach Redis."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from fluxagents.flows.people.ratings import Ratings, find_ratings
from fluxagents.flows.people.remarks import REMARK, WHOLE_RUN, ExpectedCall, ExpectedValue, Remark
from fluxagents.flows.people.request_claims import CLAIM_MS, HeldClaim
from fluxagents.flows.state import RunState
from fluxagents.scheduler.collaboration.inbox import LIMIT, InboxContents
from fluxagents.workers.clients.http.api_calls import (
    call_claim,
    call_inbox,
    call_remarks,
    call_request,
    call_run,
    read_remarks,
    read_state,
    refuse_other,
)
from fluxagents.workers.clients.http.connection import ApiConnection


class HttpFeedback:
    """As `Feedback`."""

    def __init__(self, api: ApiConnection) -> None:
        self._api = api

    def rate(
        self, run_id: str, stars: int, *, on: str = WHOLE_RUN, reason: str = "", by: str | None = None
    ) -> Remark:
        """Say how good an answer or a decision is."""
        refuse_other(by)
        body = {"stars": stars, "on": on, "reason": reason}
        return REMARK.validate_json(self._api.send(call_run(run_id, "/ratings", body)))

    def correct(
        self,
        run_id: str,
        *,
        calls: Sequence[ExpectedCall] = (),
        value: ExpectedValue | None = None,
        answer: str = "",
        on: str = WHOLE_RUN,
        by: str | None = None,
    ) -> Remark:
        """Say what an answer or a decision should have been; the run stays as it is."""
        refuse_other(by)
        body = {
            "calls": [call.model_dump(mode="json") for call in calls],
            "value": value.model_dump(mode="json") if value else None,
            "answer": answer,
            "on": on,
        }
        return REMARK.validate_json(self._api.send(call_run(run_id, "/corrections", body)))

    def ratings(self, run_id: str) -> Ratings:
        """What each person gave each subject of a run last."""
        return find_ratings(_list_remarks(self._api, run_id))


class HttpCollaboration:
    """As `Collaboration`."""

    def __init__(self, api: ApiConnection) -> None:
        self._api = api

    def remarks(self, run_id: str) -> tuple[Remark, ...]:
        """All that people said about a run, the oldest first."""
        return _list_remarks(self._api, run_id)

    def comment(self, run_id: str, text: str, *, on: str = WHOLE_RUN, by: str | None = None) -> Remark:
        """Say something about a run, a step or a finding."""
        refuse_other(by)
        return REMARK.validate_json(self._api.send(call_run(run_id, "/comments", {"text": text, "on": on})))

    def watch(self, run_id: str, *, is_on: bool = True, by: str | None = None) -> bool:
        """Want to know when a run ends, or not any more; whether that is new."""
        refuse_other(by)
        answer = self._api.send(call_run(run_id, "/watch" if is_on else "/unwatch", {}))
        return bool(json.loads(answer)["is_new"])

    def watchers(self, run_id: str) -> list[str]:
        """Who wants to know when a run ends."""
        return list(json.loads(self._api.send(call_run(run_id, "/presence")))["watchers"])

    def claim(
        self, request_id: str, *, for_ms: int = CLAIM_MS, force: bool = False, by: str | None = None
    ) -> HeldClaim:
        """See to a request: until the claim ends, nobody else answers it."""
        refuse_other(by)
        body = {"seconds": for_ms / 1_000, "force": force}
        answer = json.loads(self._api.send(call_request(request_id, "requests/{}/claim", body)))
        return HeldClaim(request_id, answer["by"], _to_milliseconds(answer["until"]))

    def release(self, request_id: str, *, by: str | None = None) -> Remark:
        """Give a request back that you have claimed."""
        refuse_other(by)
        return REMARK.validate_json(self._api.send(call_request(request_id, "requests/{}/release", {})))

    def assign(
        self, request_id: str, assignees: Sequence[str], *, by: str | None = None, reason: str = ""
    ) -> RunState:
        """Say who is to answer a request from now on."""
        refuse_other(by)
        body = {"assignees": list(assignees), "reason": reason}
        return read_state(self._api.send(call_request(request_id, "requests/{}/assign", body)))

    def find_claim(self, request_id: str) -> HeldClaim | None:
        """The claim that holds on a request; None if nobody has it."""
        answer = json.loads(self._api.send(call_claim(request_id)))
        if answer is None:
            return None
        return HeldClaim(request_id, answer["by"], _to_milliseconds(answer["until"]))

    def look_at(self, run_id: str) -> None:
        """A sign of life: you look at the run now."""
        self._api.send(call_run(run_id, "/presence", {}))

    def look_away(self, run_id: str) -> None:
        """You look at the run no more."""
        self._api.send(call_run(run_id, "/presence/leave", {}))

    def present(self, run_id: str) -> Mapping[str, int]:
        """Who looks at a run now, by name, with the time of the last sign of life (Unix time in ms)."""
        rows = json.loads(self._api.send(call_run(run_id, "/presence")))["present"]
        return {row["person"]: _to_milliseconds(row["last_seen"]) for row in rows}


class HttpInbox:
    """As `Inbox`."""

    def __init__(self, api: ApiConnection) -> None:
        self._api = api

    def look(self, *, limit: int = LIMIT) -> InboxContents:
        """All that waits for you; reading it changes nothing."""
        return InboxContents.model_validate_json(self._api.send(call_inbox(f"?limit={limit}")))

    def mark_read(self, until_ms: int | None = None) -> int:
        """Let mentions and ended runs up to a time, or all, be read."""
        return int(json.loads(self._api.send(call_inbox("/read", {"until_ms": until_ms})))["until_ms"])


def _list_remarks(api: ApiConnection, run_id: str) -> tuple[Remark, ...]:
    remarks: list[Remark] = []
    cursor: str | None = ""
    while cursor is not None:
        page, cursor = read_remarks(api.send(call_remarks(run_id, cursor)))
        remarks += page
    return tuple(remarks)


def _to_milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1_000)
