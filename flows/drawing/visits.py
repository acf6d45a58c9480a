"""The visits of a run at nodes, cut from its log."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from fluxagents.flows import events as e

REASONS: dict[type[e.EventBase], str] = {
    e.ApprovalGranted: "approved",
    e.ApprovalRejected: "rejected",
    e.RequestExpired: "too late",
    e.ToolFailed: "error",
    e.NodeFailed: "error",
    e.RunsJoined: "",
    e.QuestionAnswered: "",
    e.ConsultationClosed: "",
    e.ToolSucceeded: "",
    e.DecisionMade: "",
}
"""What happened last at a node before it was left, as the edges out of it call it."""

_ANSWERS = (
    e.ApprovalGranted,
    e.ApprovalRejected,
    e.ConsultationClosed,
    e.QuestionAnswered,
    e.RequestExpired,
)


@dataclass(frozen=True)
class Visit:
    """From entering a node to leaving it, or to the end of the log."""

    node: str
    because: str
    """The condition of the branch that led here, or what happened at the node before; else empty."""
    events: tuple[e.EventBase, ...] = field(repr=False)
    """All that happened here; the first one led here."""
    left_ms: int | None
    """None while the run is here."""

    @property
    def entered_ms(self) -> int:
        return self.events[0].at_ms

    @property
    def last_ms(self) -> int:
        return self.events[-1].at_ms if self.left_ms is None else self.left_ms

    @property
    def errors(self) -> tuple[str, ...]:
        """What went wrong, in order; that the run failed of it does not count again."""
        wrong = (event for event in self.events if isinstance(event, e.ToolFailed | e.DecisionRefused))
        return tuple(event.error.message for event in wrong)

    @property
    def waited_ms(self) -> int:
        """How long requests to humans were open."""
        waited, asked_ms = 0, None
        for event in self.events:
            if isinstance(event, e.ApprovalRequested | e.QuestionAsked):
                asked_ms = event.at_ms
            elif asked_ms is not None and isinstance(event, _ANSWERS):
                waited, asked_ms = waited + event.at_ms - asked_ms, None
        return waited if asked_ms is None else waited + self.last_ms - asked_ms


def split_visits(events: Iterable[e.EventBase]) -> tuple[Visit, ...]:
    """The visits of a run, in order; an event of an unknown type belongs to the visit it falls in."""
    cut: list[tuple[str, str, list[e.EventBase]]] = []
    for event in events:
        node = _find_entered_node(event)
        if node is not None:
            cut.append((node, _reason(event, cut[-1][2] if cut else []), []))
        if cut:
            cut[-1][2].append(event)
    left_ms = [*(inside[0].at_ms for _, _, inside in cut[1:]), None]
    return tuple(
        Visit(node=node, because=because, events=tuple(inside), left_ms=left_ms[index])
        for index, (node, because, inside) in enumerate(cut)
    )


def _find_entered_node(event: e.EventBase) -> str | None:
    if isinstance(event, e.RunStarted):
        return event.start_node
    if isinstance(event, e.NodeEntered):
        return event.node
    if isinstance(event, e.FlowChanged):
        return event.node
    if isinstance(event, e.RunRolledBack):
        return str(event.state["node"])
    return event.to if isinstance(event, e.BranchTaken | e.NodeSkipped) else None


def _reason(event: e.EventBase, before: list[e.EventBase]) -> str:
    if isinstance(event, e.BranchTaken):
        return event.because
    if before and isinstance(before[-1], e.WaitEnded):
        return "too late" if before[-1].by == "timeout" else ""
    reasons = [REASONS[type(earlier)] for earlier in before if type(earlier) in REASONS]
    return reasons[-1] if reasons else ""
