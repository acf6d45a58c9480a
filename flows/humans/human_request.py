"""Something that only a human can answer, with what people have said of it so far."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import Field, model_validator

from fluxagents.flows.commands import CallTool
from fluxagents.flows.humans.answer_form import AnswerForm
from fluxagents.flows.humans.effect import Effect
from fluxagents.flows.humans.ladders import Calendar, LadderStep, Urgency
from fluxagents.flows.humans.opinions import Opinion, Panel, find_answer_of, may_grow, refuse_opinion
from fluxagents.flows.humans.policies import OPEN, HumanRecord, Policy
from fluxagents.flows.humans.seats import ANYONE
from fluxagents.flows.humans.thread import Remark
from fluxagents.flows.humans.verdict import Verdict, describe_missing, judge
from fluxagents.flows.humans.votes import Delegation, Vote, counted_votes, refuse_vote

DEADLINE = "deadline"
"""Who acts where nobody answered in time."""


class HumanRequest(HumanRecord):
    """Something that only a human can answer."""

    id: str
    kind: Literal["approval", "question", "escalation"]
    node: str
    question: str
    call: CallTool | None = None
    digest: str
    """What was shown, as a sha256: the call, its model and its effect; an answer is bound to it."""
    effect: Effect | None = None
    """What the call would do; none where it is not computed, or not yet after an edit."""
    assignees: tuple[str, ...] = (ANYONE,)
    """Who is asked: everybody whom the policy names."""
    choices: tuple[str, ...] = ()
    """Answers that are allowed; any when empty."""
    answer: AnswerForm | None = None
    """What a question takes for an answer; none where it is a text, or an early version asked."""
    panel: Panel | None = None
    """How many opinions a consultation takes; none where one answer closes the request."""
    opinions: tuple[Opinion, ...] = ()
    """Those that experts have given so far."""
    deadline_ms: int = 0
    """Until when it may be answered (Unix time in ms); 0 for as long as the run may last."""
    policy: Policy = OPEN
    """Whose agreement it needs. Early versions only knew assignees, of whom one was enough."""
    barred: tuple[str, ...] = ()
    """Who has no vote, whatever the policy says: whoever wanted or edited it, of a policy with four eyes."""
    ladder: tuple[LadderStep, ...] = ()
    """What happens while nobody answers."""
    calendar: Calendar | None = None
    """Which hours count for the ladder; all when absent."""
    urgency: Urgency = "normal"
    asked_ms: int = 0
    """When it was asked, where that is needed: the ladder counts from here."""
    no_limit: bool = False
    """It waits for as long as it takes: the time does not count for the run's budget."""
    always_ask: bool = False
    """No standing approval stands for a vote on it."""
    votes: tuple[Vote, ...] = ()
    """What people have said so far; those on another digest count no more."""
    delegations: tuple[Delegation, ...] = ()
    raised_by: str = ""
    """The rule of its node that called for it, of an escalation; empty where failures did."""
    edited: bool = False
    """Somebody has changed the arguments since it was asked."""
    thread: tuple[Remark, ...] = ()
    """What people asked back about it, and what the agent answered."""
    level: int = Field(default=0, ge=0)
    """How many steps of the ladder were reached."""
    next_ms: int = 0
    """When the next one is due (Unix time in ms); 0 for none, or while people are being told."""

    @model_validator(mode="before")
    @classmethod
    def _ask_by_policy(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        if value.get("policy") is None:
            return {**value, "policy": {"any_of": list(value.get("assignees", ())) or [ANYONE]}}
        if "assignees" in value:
            return value
        return {**value, "assignees": Policy.model_validate(value["policy"]).seats}

    @property
    def open_question(self) -> str:
        """What somebody asked back and the agent has not answered yet; empty if there is nothing."""
        return self.thread[-1].text if self.thread and self.thread[-1].kind == "question" else ""

    @property
    def reached_steps(self) -> tuple[LadderStep, ...]:
        """The steps of the ladder that were reached."""
        return self.ladder[: self.level]

    @property
    def seats(self) -> tuple[str, ...]:
        """Everybody who may answer now: those whom the policy names, and those of the ladder's steps."""
        return tuple(
            dict.fromkeys((*self.policy.seats, *(seat for step in self.reached_steps for seat in step.seats)))
        )

    @property
    def next_step(self) -> LadderStep | None:
        """What the ladder does next; None at its end."""
        return self.ladder[self.level] if self.level < len(self.ladder) else None

    @property
    def if_nobody_answers(self) -> str:
        """What happens then and when, in a line; empty where nothing is said of it."""
        step = self.next_step
        if step is not None and self.next_ms:
            return f"{_write_time(self.next_ms)}: {step} (step {self.level + 1} of {len(self.ladder)})"
        if self.deadline_ms:
            return f"{_write_time(self.deadline_ms)}: it is no more waited for"
        return "it waits for as long as it takes" if self.no_limit else ""

    @property
    def notice_key(self) -> str:
        """What makes sends of one message one; each step of the ladder, edit and explanation has its own."""
        parts = (
            str(self.level) if self.level else "",
            self.digest[:12] if self.edited else "",
            f"t{len(self.thread)}" if self.thread else "",
        )
        return ".".join(part for part in (self.id, *parts) if part)

    @property
    def verdict(self) -> Verdict:
        """What the votes come to."""
        return judge(
            self.policy,
            counted_votes(self.votes, self.digest),
            escalated=[step.to for step in self.reached_steps if step.to is not None],
            barred=self.barred,
            delegations=self.delegations,
        )

    @property
    def takes_one(self) -> bool:
        """Whether one answer of somebody who is asked closes it."""
        return self.policy.takes_one and self.panel is None

    @property
    def has_enough(self) -> bool:
        """Whether a consultation has so many opinions that they count at its end."""
        return self.panel is not None and len(self.opinions) >= self.panel.at_least

    @property
    def may_grow(self) -> bool:
        """Whether somebody who is asked could still give an opinion."""
        return may_grow(self.seats, self.opinions, self.votes, self.barred)

    @property
    def missing(self) -> str:
        """Whose agreement is missing, or how many opinions, in a few words."""
        if self.panel is not None:
            count = self.panel.wanted - len(self.opinions)
            return f"{count} more {'opinion' if count == 1 else 'opinions'} of {', '.join(self.seats)}"
        escalated = [step.to for step in self.reached_steps if step.to is not None]
        return describe_missing(self.policy, counted_votes(self.votes, self.digest), escalated)

    def refuse_vote(self, vote: Vote) -> str:
        """Why a vote cannot count, as the end of a sentence about it; empty if it does."""
        refusal = refuse_vote(
            vote,
            digest=self.digest,
            votes=self.votes,
            barred=self.barred,
            delegations=self.delegations,
        )
        return refusal or find_answer_of((vote.by, *vote.for_people), self.opinions)

    def refuse_opinion(self, opinion: Opinion) -> str:
        """Why an opinion cannot count, as the end of a sentence about it; empty if it does."""
        if self.panel is None:
            return f"is no consultation, but {self.kind} of one answer"
        return refuse_opinion(
            opinion,
            opinions=self.opinions,
            votes=self.votes,
            barred=self.barred,
            delegations=self.delegations,
        )

    def refuse_grant(self, by: str, call: CallTool | None) -> str:
        """Why it cannot be granted for a call, as the end of a sentence about it; empty if it can."""
        if by == DEADLINE:
            step = self.next_step
            agrees = step is not None and step.then == "approve" and call == self.call
            return "" if agrees else "is not granted by silence"
        if not self.votes:
            # Early versions recorded the one answer that was needed, with the call as it was edited.
            return "" if self.policy.takes_one else f"waits for {self.missing}"
        if call != self.call:
            return "is granted for another call than the one that was voted on"
        return "" if self.verdict.outcome == "approved" else f"waits for {self.missing}"


def _write_time(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1_000, tz=UTC):%Y-%m-%d %H:%M} UTC"
