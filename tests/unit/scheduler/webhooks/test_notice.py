"""What receivers are told."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.support.story import Story, asked, decided, entered, finished, notified, whole

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool
from fluxagents.flows.ports.event_feed import FeedEntry
from fluxagents.flows.reducer import fold
from fluxagents.scheduler.webhooks.endpoint import Endpoint, Secret
from fluxagents.scheduler.webhooks.notice import MAX_TEXT, Notice, build_idle_notice, build_notices
from fluxagents.scheduler.webhooks.notice_message import build_message

RUN = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
START = 1_767_225_600_000
FLOW = e.FlowRef(name="survey", version=1, digest="d")

LAB = Endpoint(
    name="lab",
    url="https://lab.example.org/hooks",
    events=("*",),
    secrets=(Secret(text="s"),),
    owner="ada",
    created_ms=1,
)


def entry(*events: e.Event, first: int = 0) -> FeedEntry:
    return FeedEntry(id="1-0", first=first, events=events, state=fold(events))


def tell(step: FeedEntry) -> Iterator[Notice]:
    """What is told of a step of a run that nobody began."""
    return build_notices(step, step.state)


def test_what_a_child_asks_belongs_to_the_run_that_led_to_it() -> None:
    root = fold(whole(RUN, start_ms=START, session="batch", flow=FLOW))
    child = Story(f"{RUN}.1.run0", start_ms=START, session=RUN, parent=RUN)
    child.step(1, asked(f"{RUN}.1.run0.2")).step(2, finished())
    (notice,) = build_notices(entry(*child.events), root)
    assert (notice.type, notice.session, notice.flow) == ("approval.requested", "batch", "survey")
    assert (notice.data["run_id"], notice.data["parent"]) == (f"{RUN}.1.run0", RUN)


def test_a_whole_run_is_its_beginning_its_requests_and_its_end() -> None:
    log = whole(RUN, start_ms=START)
    notices = list(tell(entry(*log)))
    assert (notices[0].type, notices[-1].type) == ("run.started", "run.finished")
    assert notices[0].data["run_id"] == RUN
    assert notices[-1].data["answer"] == log[-1].answer  # type: ignore[union-attr]
    assert len({notice.key for notice in notices}) == len(notices)


def test_a_request_says_what_is_asked_of_whom() -> None:
    story = Story(RUN, start_ms=START)
    call = CallTool(tool="fba", args={})
    story.step(5, entered("ask"))
    story.step(8, decided(call, 1_000, 100, 20), asked(f"{RUN}.2"))
    story.step(9, notified(f"{RUN}.2"))
    (request,) = [
        notice.data["request"] for notice in tell(entry(*story.events)) if notice.type == "approval.requested"
    ]
    assert isinstance(request, dict)
    assert (request["id"], request["kind"]) == (f"{RUN}.2", "approval")
    assert request["assignees"]
    assert request["digest"]


def test_the_same_event_is_the_same_message_whoever_reads_it() -> None:
    log = whole(RUN, start_ms=START)
    together = list(tell(entry(*log)))[-1]
    alone = FeedEntry(id="9-0", first=len(log) - 1, events=log[-1:], state=fold(log))
    (again,) = tell(alone)
    assert build_message(LAB, again) == build_message(LAB, together)
    assert build_message(LAB.model_copy(update={"name": "other"}), again).id != build_message(LAB, again).id


def test_a_long_answer_is_cut_and_the_message_stays_small() -> None:
    log = whole(RUN, start_ms=START)
    ended = log[-1]
    assert isinstance(ended, e.RunFinished)
    long = ended.model_copy(update={"answer": "x" * 100_000, "unanswered": ("y" * 9_000,) * 100})
    *_, last = tell(entry(*log[:-1], long))
    body = build_message(LAB, last).body
    assert len(json.loads(body)["data"]["answer"]) == MAX_TEXT
    assert len(body) < 30 * MAX_TEXT


def test_a_message_is_a_standard_webhook() -> None:
    *_, last = tell(entry(*whole(RUN, start_ms=START)))
    document = json.loads(build_message(LAB, last).body)
    assert set(document) == {"type", "timestamp", "data"}
    assert document["timestamp"].endswith("Z")


def test_an_idle_session_is_told_by_its_last_run() -> None:
    notice = build_idle_notice(entry(*whole(RUN, start_ms=START)))
    assert notice.type == "session.idle"
    assert notice.data["last_run"] == RUN
