"""The step that tells humans about a request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from fluxagents.flows.commands import Command, NotifyHuman
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.engine.requests.silence import describe_silence
from fluxagents.flows.errors import FluxError
from fluxagents.flows.events import Event, HumanNotified, VoteCast, VoteDelegated
from fluxagents.flows.humans.calendars import next_step_ms
from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.ports.notifier import Notifier
from fluxagents.flows.ports.standing_votes import StandingVotes
from fluxagents.flows.state import RunState
from fluxagents.prompts.human_text import human_text
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.tasks.protocol import WrongTaskError

log = structlog.get_logger("step")


@dataclass(frozen=True, kw_only=True)
class HumanPorts:
    """What a message to a human needs."""

    clock: Clock
    notifier: Notifier
    prompts: Callable[[], PromptManager]
    standing: StandingVotes


def notify_human(
    ports: HumanPorts, controller: FlowController, state: RunState, command: Command
) -> Sequence[Event]:
    """Tell the humans who may answer, unless standing approvals have answered already.

    They can answer the request whether the message reached them or not. Whoever stands in for somebody who
    is away is told as well.
    """
    if not isinstance(command, NotifyHuman) or state.waiting_for is None:
        raise WrongTaskError("human.notify", command)
    request = state.waiting_for
    # Those who are reminded were asked before, with what was voted in advance.
    votes = ports.standing.cast(state, request) if request.level == 0 else ()
    cast = [VoteCast(seq=state.seq, at_ms=vote.at_ms, request_id=request.id, vote=vote) for vote in votes]
    voted = request.model_copy(update={"votes": (*request.votes, *votes)})
    if votes and voted.verdict.outcome == "approved":
        return cast
    passed_on = ports.standing.pass_on(state, voted)
    delegated = [
        VoteDelegated(seq=state.seq, at_ms=each.at_ms, request_id=request.id, delegation=each)
        for each in passed_on
    ]
    voted = voted.model_copy(update={"delegations": (*voted.delegations, *passed_on)})
    next_ms = next_step_ms(request.ladder, request.level, request.asked_ms, request.calendar)
    request = voted.model_copy(update={"next_ms": next_ms})
    silence = describe_silence(controller.flow, state, request)
    try:
        message = human_text(ports.prompts(), state, request, silence=silence)
        text, prompt = message.text, message.template.digest
    except FluxError:
        # A version of the prompt that cannot be rendered must not keep the humans from knowing.
        log.exception("the text of the request failed", run=state.run_id, request=request.id)
        text, prompt = request.question, ""
    channels = ports.notifier.notify(state.run_id, request, key=request.notice_key, text=text)
    return [
        *cast,
        *delegated,
        HumanNotified(
            seq=state.seq,
            at_ms=ports.clock.now_ms(),
            request_id=request.id,
            channels=channels,
            prompt=prompt,
            next_ms=next_ms,
        ),
    ]
