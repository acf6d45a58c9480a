"""What a rollback leaves behind: what is compensated, and what is irreversible. A sentence each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fluxagents.flows import events as e
from fluxagents.flows.history.lineage import find_effective
from fluxagents.flows.language.catalog import MODEL_BEFORE, ToolFacts

SHORT_DIGEST = 19
"""Characters of a digest that tell it apart: `sha256:` and twelve."""


@dataclass(frozen=True, slots=True)
class RollbackReport:
    """What becomes of the effects that a run had since."""

    compensated: tuple[str, ...]
    irreversible: tuple[str, ...]
    """What cannot be undone."""

    @property
    def lasting(self) -> tuple[str, ...]:
        """The earlier name of `irreversible`."""
        return self.irreversible


def report_rollback(events: Sequence[e.Event], kept: int, tools: Mapping[str, ToolFacts]) -> RollbackReport:
    """What a rollback leaves behind.

    Args:
        events: The log of the run.
        kept: How many of its first events lead to where it goes back to.
        tools: The tools that exist, with the compensation that each declares.
    """
    gone = [events[index] for index in find_effective(events) if index >= kept]
    questions = {
        event.request.id: event.request.question
        for event in events
        if isinstance(event, e.ApprovalRequested | e.QuestionAsked)
    }
    models = list(_models(gone, tools))
    return RollbackReport(
        compensated=tuple(sentence for sentence, is_compensated in models if is_compensated),
        irreversible=(
            *(sentence for sentence, is_compensated in models if not is_compensated),
            *_list_notices(gone, questions),
            *_runs(gone),
            *_tokens(gone),
        ),
    )


def _models(gone: Sequence[e.Event], tools: Mapping[str, ToolFacts]) -> Iterator[tuple[str, bool]]:
    """The models that were made, and whether that is compensated."""
    for event in gone:
        if isinstance(event, e.ToolSucceeded) and event.new_model:
            tool = tools.get(event.call.tool)
            way = tool.compensation if tool else None
            sentence = f"step {event.seq}: {event.call.tool} made model {event.new_model[:SHORT_DIGEST]}"
            yield f"{sentence}: {way or 'it declares no compensation'}", way is not None
        if isinstance(event, e.RunsJoined) and event.new_model:
            sentence = (
                f"step {event.seq}: the run of flow {event.what} made model {event.new_model[:SHORT_DIGEST]}"
            )
            yield f"{sentence}: {MODEL_BEFORE}", True


def _list_notices(gone: Sequence[e.Event], questions: Mapping[str, str]) -> Iterator[str]:
    for event in gone:
        if isinstance(event, e.HumanNotified):
            where = ", ".join(event.channels) or "nowhere"
            yield f"step {event.seq}: humans were told ({where}): {questions.get(event.request_id, '')}"
        if isinstance(
            event, e.ApprovalGranted | e.ApprovalRejected | e.QuestionAnswered | e.ConsultationClosed
        ):
            verb = _VERBS[event.type]
            asked = questions.get(event.request_id, "")
            yield f"step {event.seq}: {event.by} {verb}, and will be asked again: {asked}"


_VERBS = {
    "ApprovalGranted": "agreed",
    "ApprovalRejected": "refused",
    "QuestionAnswered": "answered",
    "ConsultationClosed": "gave opinions",
}


def _runs(gone: Sequence[e.Event]) -> Iterator[str]:
    for event in gone:
        if isinstance(event, e.RunsBegun | e.ToolSplit):
            what = event.flow.name if isinstance(event, e.RunsBegun) else event.call.tool
            many = f"{len(event.runs)} runs of {what}" if len(event.runs) > 1 else f"a run of {what}"
            yield f"step {event.seq}: {many} began; what they did stays done, what still runs is cancelled"


def _tokens(gone: Sequence[e.Event]) -> Iterator[str]:
    uses = [event.prompt for event in gone if isinstance(event, e.ChatEvent)]
    tokens = sum(use.tokens_in + use.tokens_out for use in uses)
    if tokens:
        requests = "1 request" if len(uses) == 1 else f"{len(uses)} requests"
        yield f"{tokens} tokens were spent on {requests} to a chat model"


def find_child_runs(events: Sequence[e.Event]) -> tuple[str, ...]:
    """The runs that these events began."""
    return tuple(
        run if isinstance(run, str) else run.run_id
        for event in events
        if isinstance(event, e.RunsBegun | e.ToolSplit)
        for run in event.runs
    )
