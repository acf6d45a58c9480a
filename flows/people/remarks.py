"""Remarks: what people say about a run, in a log of its own; the run's log stays as it is, ended or not."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from pydantic import Field, JsonValue, TypeAdapter

from fluxagents.flows.commands import CallTool
from fluxagents.flows.events import Frozen
from fluxagents.flows.texts.grammar import MAX_NAME, MAX_REASON, MAX_STORED_ID

MAX_REMARKS = 10_000
"""On one run."""

WHOLE_RUN = "run"

RemarkSubject = Annotated[str, Field(pattern=r"^(run|step:\d{1,9}|finding:[A-Za-z0-9_.\-]{1,64})$")]
"""What a remark is about: `run`, `step:5` for the decision or call of that step, or `finding:f3`."""


class Rating(Frozen):
    """How good an answer or a decision is, 5 at best."""

    kind: Literal["rating"] = "rating"
    stars: int = Field(ge=1, le=5)
    reason: str = Field(default="", max_length=MAX_REASON)


class ExpectedCall(Frozen):
    """A call that answers the question; arguments that are not named have their defaults."""

    tool: str = Field(min_length=1, max_length=MAX_NAME)
    args: dict[str, JsonValue] = Field(default_factory=dict)

    def as_call(self) -> CallTool:
        """The call itself."""
        return CallTool(tool=self.tool, args=self.args)


class ExpectedValue(Frozen):
    """A number that the answer must contain."""

    name: str = Field(min_length=1, max_length=MAX_NAME)
    """As the findings or the facts of a run call it, with its unit: `growth_per_h`."""
    number: float = Field(allow_inf_nan=False)
    tolerance: float = Field(default=1e-6, ge=0, le=1)
    """Relative difference up to which a number is this one."""


class Correction(Frozen):
    """What an answer or a decision should have been."""

    kind: Literal["correction"] = "correction"
    calls: tuple[ExpectedCall, ...] = Field(default=(), max_length=50)
    """All that answer the question, in any order; none leaves the calls open."""
    value: ExpectedValue | None = None
    answer: str = Field(default="", max_length=MAX_REASON)
    """In words."""


class Comment(Frozen):
    """A text for others who look at the run."""

    kind: Literal["comment"] = "comment"
    text: str = Field(min_length=1, max_length=MAX_REASON)
    mentions: tuple[str, ...] = ()
    """Persons, and groups as `group:NAME`, who find it in their inbox."""


class Watch(Frozen):
    """Whether a person wants to know when the run ends."""

    kind: Literal["watch"] = "watch"
    is_on: bool = True


class RequestClaim(Frozen):
    """A person sees to a request; nobody else answers it meanwhile."""

    kind: Literal["claim"] = "claim"
    request_id: str = Field(max_length=MAX_STORED_ID)
    until_ms: int
    """Unix time in ms."""
    taken_from: str = ""
    """Who had it, where it was taken by force."""


class RequestRelease(Frozen):
    """A person gives a request back that they had claimed."""

    kind: Literal["release"] = "release"
    request_id: str = Field(max_length=MAX_STORED_ID)


RemarkBody = Annotated[
    Rating | Correction | Comment | Watch | RequestClaim | RequestRelease, Field(discriminator="kind")
]


class Remark(Frozen):
    """What one person said."""

    number: int = Field(ge=0)
    """Its place in the remarks of the run, from 1; 0 for a rating that an early version kept."""
    at_ms: int
    """By the clock of the store (Unix time in ms)."""
    by: str
    on: RemarkSubject = WHOLE_RUN
    body: RemarkBody


class RunRemark(NamedTuple):
    """A remark with its run."""

    run_id: str
    remark: Remark


REMARK: TypeAdapter[Remark] = TypeAdapter(Remark)
SUBJECT: TypeAdapter[str] = TypeAdapter(RemarkSubject)

OPINIONS = (Rating, Correction, Comment)
"""What is worth as much in another installation; who watches or claims concerns this one."""
