"""Takes questions from every channel: each starts one run, however often it comes in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Trigger
from fluxagents.flows.people.actor import Actor
from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.state import RunState
from fluxagents.scheduler.channels.channel_book import ChannelBook
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.runs.run_ids import run_id
from fluxagents.scheduler.runs.run_starter import RunSpec

FlowChooser = Callable[[str], tuple[str, Mapping[str, Any]]]
"""The flow that answers a question, and its inputs."""

_MODEL = re.compile(r"(?im)^\s*model:\s*(\S{1,200})\s*$")


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody wants to know."""

    text: str
    model: str = ""
    """A model's name or digest; empty for the one of the channel."""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    """Beside the question."""


class QuestionDesk:
    """Starts runs of questions.

    Args:
        client: Acts for whoever asks.
        book: Knows which questions came in before.
        clock: The time.
        choose_flow: Finds the flow that answers a question.
        model: Of questions that name none.
    """

    def __init__(
        self, client: RunClient, book: ChannelBook, clock: Clock, choose_flow: FlowChooser, *, model: str
    ) -> None:
        self._client = client
        self._book = book
        self._clock = clock
        self._choose_flow = choose_flow
        self._model = model

    def ask(self, actor: Actor, question: Question, trigger: Trigger, *, session: str = "") -> str:
        """Start the run of a question.

        Args:
            actor: Who asks.
            question: What.
            trigger: Where it came from; its `delivery` has one run.
            session: That the run belongs to; one of its own when empty.

        Returns:
            The id of the run.

        Raises:
            FluxError: If whoever asks may not, or the question or the model is none.
        """
        text, named = split_model(question.text)
        if not text:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                "the message asks nothing",
                suggestions=("write a question, such as: Which genes are essential on acetate?",),
            )
        flow, inputs = self._choose_flow(text)
        run = self._book.begin_delivery(name_delivery(trigger), run_id(self._clock.now_ms()))
        spec = RunSpec(
            model=question.model or named or self._model,
            inputs={**inputs, **question.inputs},
            run_id=run,
            trigger=trigger,
        )
        acting = self._client.acting_as(actor)
        return next(acting.batch(flow, [spec], session=session, lane="interactive")).id

    def follow_up(self, actor: Actor, run: str, question: Question, trigger: Trigger) -> str:
        """Ask further about what a run was about: in its session, about its model unless another is named.

        Returns:
            The id of the new run.

        Raises:
            FluxError: As `ask`; if there is no such run, or none that whoever asks may see.
        """
        state = self.load_visible(actor, run)
        model = question.model or split_model(question.text)[1] or state.model_name
        asked = Question(question.text, model, question.inputs)
        return self.ask(actor, asked, trigger, session=state.session)

    def load_visible(self, actor: Actor, run: str) -> RunState:
        """A run that somebody may see.

        Raises:
            FluxError: If there is none; the error does not tell a hidden one from none.
        """
        state = self._client.store.load(run)
        if not self._client.acting_as(actor).may_see(state):
            raise FluxError(ErrorClass.UNKNOWN_ID, f"there is no run {run!r}")
        return state


def name_delivery(trigger: Trigger) -> str:
    """What tells a message from all others: who repeats the id of another's message gains nothing."""
    return f"{trigger.kind}|{trigger.name}|{trigger.delivery}"


def split_model(text: str) -> tuple[str, str]:
    """A question without its line `model: NAME`, and the name; empty where there is no such line."""
    named = _MODEL.search(text)
    return _MODEL.sub("", text).strip(), named[1] if named else ""
