"""Events of all runs as they are written, for those who tell others of them or start runs because of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from fluxagents.flows import events as e
from fluxagents.flows.state import RunState

EventKind = Literal["run", "request", "result"]
"""How runs begin and end; what humans are asked and answer; results and models that tools made."""

RUN_EVENTS = (
    e.RunStarted,
    e.RunForked,
    e.RunPaused,
    e.RunResumed,
    e.RunFinished,
    e.RunFailed,
    e.RunCancelled,
    e.RunDeadLettered,
)
REQUEST_EVENTS = (
    e.ApprovalRequested,
    e.ApprovalGranted,
    e.ApprovalRejected,
    e.CallTakenOver,
    e.QuestionAsked,
    e.QuestionAnswered,
    e.OpinionGiven,
    e.ConsultationClosed,
    e.VoteCast,
    e.RequestEdited,
    e.LadderStepReached,
    e.RequestExpired,
)
TAKEN_OVER = (e.RunForked, e.RunImported)
"""Events before one of these happened in another log, or in another installation."""


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """The events of one step of a run."""

    id: str
    """Ids of a feed sort as the entries were written."""
    first: int
    """The place of its first event in the log of the run, counted from 0."""
    events: tuple[e.Event, ...]
    """Those of the step, without what was taken over from another log."""
    state: RunState
    """Of the run when the feed was read, which may be later."""


@dataclass(frozen=True, slots=True)
class FeedPage:
    """What a listener has not read yet, as much as was asked for."""

    entries: tuple[FeedEntry, ...]
    """Without those of runs that are gone."""
    before: str
    """Where the listener stood."""
    after: str
    """Where it stands when it has dealt with the entries; as before if there were none."""


class EventFeed(Protocol):
    """Entries in the order in which they were written; a listener reads all of its kinds at least once.

    An entry is written in the same atomic operation as its events, and only while somebody listens to its
    kind. It is removed when all listeners have gone past it.
    """

    def listen(self, listener: str, kinds: Collection[EventKind]) -> None:
        """Listen to these kinds, from now on or from where the listener stands; without any to nothing."""
        ...

    def read(self, listener: str, *, limit: int) -> FeedPage:
        """The next entries after where a listener stands, also of kinds that others listen to."""
        ...

    def advance(self, listener: str, page: FeedPage) -> bool:
        """Go past a page; False if somebody did meanwhile."""
        ...


def find_kinds(events: Sequence[e.Event], *, is_child: bool) -> list[EventKind]:
    """The kinds of a step's events. How a run that another one began goes on is that one's own affair."""
    kinds: dict[EventKind, None] = {}
    for event in events:
        if isinstance(event, RUN_EVENTS) and not is_child:
            kinds["run"] = None
        elif isinstance(event, REQUEST_EVENTS):
            kinds["request"] = None
        elif (isinstance(event, e.ToolSucceeded | e.RunsJoined) and event.artifact) or has_new_model(event):
            kinds["result"] = None
    return list(kinds)


def has_new_model(event: e.Event) -> bool:
    """Whether a tool made a model."""
    return isinstance(event, e.ToolSucceeded) and event.new_model is not None


def drop_taken_over(first: int, events: Sequence[e.Event]) -> tuple[int, tuple[e.Event, ...]]:
    """A step's events from the one on that says that what is before it was taken over, with its place."""
    taken = [at for at, event in enumerate(events) if isinstance(event, TAKEN_OVER)]
    start = taken[-1] if taken else 0
    return first + start, tuple(events[start:])
