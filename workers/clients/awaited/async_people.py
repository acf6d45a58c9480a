"""Feedback, collaboration and the inbox beside an event loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fluxagents.flows.people.ratings import Ratings
from fluxagents.flows.people.remarks import WHOLE_RUN, ExpectedCall, ExpectedValue, Remark
from fluxagents.flows.people.request_claims import CLAIM_MS, HeldClaim
from fluxagents.flows.state import RunState
from fluxagents.scheduler.collaboration.collaboration import Collaboration
from fluxagents.scheduler.collaboration.feedback import Feedback
from fluxagents.scheduler.collaboration.inbox import LIMIT, Inbox, InboxContents
from fluxagents.workers.clients.http.http_people import HttpCollaboration, HttpFeedback, HttpInbox
from fluxagents.workers.clients.threads import Threads


class AsyncFeedback:
    """As `Feedback`; every method is awaited."""

    def __init__(self, feedback: Feedback | HttpFeedback, threads: Threads) -> None:
        self._feedback = feedback
        self._threads = threads

    async def rate(
        self, run_id: str, stars: int, *, on: str = WHOLE_RUN, reason: str = "", by: str | None = None
    ) -> Remark:
        """Say how good an answer or a decision is."""
        return await self._threads.call(self._feedback.rate, run_id, stars, on=on, reason=reason, by=by)

    async def correct(
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
        return await self._threads.call(
            self._feedback.correct, run_id, calls=calls, value=value, answer=answer, on=on, by=by
        )

    async def ratings(self, run_id: str) -> Ratings:
        """What each person gave each subject of a run last."""
        return await self._threads.call(self._feedback.ratings, run_id)


class AsyncCollaboration:
    """As `Collaboration`; every method is awaited."""

    def __init__(self, collaboration: Collaboration | HttpCollaboration, threads: Threads) -> None:
        self._collaboration = collaboration
        self._threads = threads

    async def remarks(self, run_id: str) -> tuple[Remark, ...]:
        """All that people said about a run, the oldest first."""
        return await self._threads.call(self._collaboration.remarks, run_id)

    async def comment(self, run_id: str, text: str, *, on: str = WHOLE_RUN, by: str | None = None) -> Remark:
        """Say something about a run, a step or a finding."""
        return await self._threads.call(self._collaboration.comment, run_id, text, on=on, by=by)

    async def watch(self, run_id: str, *, is_on: bool = True, by: str | None = None) -> bool:
        """Want to know when a run ends, or not any more; whether that is new."""
        return await self._threads.call(self._collaboration.watch, run_id, is_on=is_on, by=by)

    async def watchers(self, run_id: str) -> list[str]:
        """Who wants to know when a run ends."""
        return await self._threads.call(self._collaboration.watchers, run_id)

    async def claim(
        self, request_id: str, *, for_ms: int = CLAIM_MS, force: bool = False, by: str | None = None
    ) -> HeldClaim:
        """See to a request: until the claim ends, nobody else answers it."""
        return await self._threads.call(
            self._collaboration.claim, request_id, for_ms=for_ms, force=force, by=by
        )

    async def release(self, request_id: str, *, by: str | None = None) -> Remark:
        """Give a request back that you have claimed."""
        return await self._threads.call(self._collaboration.release, request_id, by=by)

    async def assign(
        self, request_id: str, assignees: Sequence[str], *, by: str | None = None, reason: str = ""
    ) -> RunState:
        """Say who is to answer a request from now on."""
        return await self._threads.call(
            self._collaboration.assign, request_id, assignees, by=by, reason=reason
        )

    async def find_claim(self, request_id: str) -> HeldClaim | None:
        """The claim that holds on a request; None if nobody has it."""
        return await self._threads.call(self._collaboration.find_claim, request_id)

    async def look_at(self, run_id: str) -> None:
        """A sign of life: whoever acts looks at the run now."""
        await self._threads.call(self._collaboration.look_at, run_id)

    async def look_away(self, run_id: str) -> None:
        """Whoever acts looks at the run no more."""
        await self._threads.call(self._collaboration.look_away, run_id)

    async def present(self, run_id: str) -> Mapping[str, int]:
        """Who looks at a run now, by name, with the time of the last sign of life (Unix time in ms)."""
        return await self._threads.call(self._collaboration.present, run_id)


class AsyncInbox:
    """As `Inbox`; every method is awaited."""

    def __init__(self, inbox: Inbox | HttpInbox, threads: Threads) -> None:
        self._inbox = inbox
        self._threads = threads

    async def look(self, *, limit: int = LIMIT) -> InboxContents:
        """All that waits for whoever acts; reading it changes nothing."""
        return await self._threads.call(self._inbox.look, limit=limit)

    async def mark_read(self, until_ms: int | None = None) -> int:
        """Let mentions and ended runs up to a time, or all, be read."""
        return await self._threads.call(self._inbox.mark_read, until_ms)
