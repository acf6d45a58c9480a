"""Takes answers from every channel: the one place where they become acts of a person."""

from __future__ import annotations

from fluxagents.flows.people.actor import Actor
from fluxagents.flows.state import RunState
from fluxagents.scheduler.channels.decision import (
    Abstain,
    Approve,
    AskBack,
    Decision,
    Edit,
    Recuse,
    Reject,
    Reply,
)
from fluxagents.scheduler.channels.post import RequestCard, describe_request
from fluxagents.scheduler.runs.argument_form import ArgumentField
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

    def show_form(self, request_id: str) -> tuple[ArgumentField, ...]:
        """The arguments of the call that is asked for, as a form; empty without a call.

        Raises:
            FluxError: As `show`.
        """
        return self._client.request_form(request_id)

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
                state = client.approve(request_id, digest=digest)
            case Reject(reason):
                state = client.reject(request_id, reason=reason, digest=digest)
            case Reply(answer):
                state = client.reply(request_id, answer=answer, digest=digest)
            case Abstain():
                state = client.abstain(request_id, digest=digest)
            case Recuse():
                state = client.recuse(request_id, digest=digest)
            case AskBack(question):
                state = self._ask_back(client, request_id, question)
            case Edit(args):
                state = client.edit_request(request_id, args, digest=digest)
        return state

    @staticmethod
    def _ask_back(client: RunClient, request_id: str, question: str) -> RunState:
        """Ask once: a mail that comes in again asks nothing new."""
        asker = client.authority.actor.name
        for remark in client.request(request_id).thread:
            if (remark.kind, remark.by, remark.text) == ("question", asker, question):
                return client.store.load(request_id.rpartition(".")[0])
        return client.ask_back(request_id, question=question)
