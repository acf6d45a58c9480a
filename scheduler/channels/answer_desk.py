"""Takes answers from every channel: the one place where they become acts of a person."""

from __future__ import annotations

from fluxagents.flows.people.actor import Actor
from fluxagents.flows.state import RunState
from fluxagents.scheduler.channels.decision import Approve, Decision, Reject, Reply
from fluxagents.scheduler.channels.post import RequestCard, describe_request
from fluxagents.scheduler.runs.root_run import find_root
from fluxagents.scheduler.runs.run_client import RunClient


class AnswerDesk:
    """Shows requests, and carries out what is decided about them.

    Args:
        client: Acts for whoever answers.
    """

    def __init__(self, client: RunClient) -> None:
        self._client = client

    def show(self, request_id: str) -> RequestCard:
        """What a request is about.

        Raises:
            FluxError: If it does not wait for an answer; says why.
        """
        request = self._client.request(request_id)
        state = self._client.store.load(request_id.rpartition(".")[0])
        return describe_request(state, request, find_root(self._client.store, state))

    def answer(self, actor: Actor, request_id: str, digest: str, decision: Decision) -> RunState:
        """Carry out what somebody decided.

        Args:
            actor: Who, by which channel, with which proof.
            request_id: What about.
            digest: Of what they were shown.
            decision: What they want.

        Raises:
            FluxError: If they may not, it is answered already, or it is not any more what was shown.
        """
        client = self._client.acting_as(actor)
        match decision:
            case Approve():
                return client.approve(request_id, digest=digest)
            case Reject(reason):
                return client.reject(request_id, reason=reason, digest=digest)
            case Reply(answer):
                return client.reply(request_id, answer=answer, digest=digest)
