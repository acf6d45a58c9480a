"""The webhook outbox in Redis, and what arrives from it at receivers that are well, slow, wrong or gone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from redis import Redis
from tests.support.webhook_receiver import Received, receive

from fluxagents.flows import events as e
from fluxagents.flows.errors import FluxError
from fluxagents.flows.ports.commit import Commit
from fluxagents.flows.reducer import fold
from fluxagents.scheduler.outbox.courier import Courier
from fluxagents.scheduler.outbox.message import Message
from fluxagents.scheduler.outbox.outbox import MAX_FLYING
from fluxagents.scheduler.outbox.retries import Response, Verdict
from fluxagents.scheduler.webhooks.endpoint import Endpoint, Secret
from fluxagents.scheduler.webhooks.poster import build_carrier
from fluxagents.scheduler.webhooks.relay import WebhookRelay
from fluxagents.scheduler.webhooks.webhooks import Webhooks
from fluxagents.workers.clients.local_authority import build_process_authority
from fluxagents.workers.files.web.web_poster import WebPoster
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.redis.runs.run_store import RedisRunStore
from fluxagents.workers.redis.triggers.event_feed import RedisEventFeed
from fluxagents.workers.redis.triggers.webhook_outbox import RedisWebhookOutbox

FLOW = e.FlowRef(name="f", version=1, digest="d")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LOOPBACK = ("127.0.0.1",)


@dataclass
class Place:
    """A store with its feed, an outbox, and a courier that may ask loopback."""

    redis: Redis
    prefix: str
    poster: WebPoster = field(default_factory=lambda: WebPoster(LOOPBACK))

    def __post_init__(self) -> None:
        self.store = RedisRunStore(self.redis, prefix=self.prefix)
        self.outbox = RedisWebhookOutbox(self.redis, prefix=self.prefix)
        feed = RedisEventFeed(self.redis, self.store, prefix=self.prefix)
        self.relay = WebhookRelay(feed, self.outbox, self.store)
        self.courier = Courier(self.outbox, build_carrier(self.poster, SystemClock()), SystemClock())
        authority = build_process_authority(self.store.audit_log)
        self.webhooks = Webhooks(self.outbox, self.relay, self.poster, authority, SystemClock())

    def add(self, name: str, url: str, events: tuple[str, ...] = ("*",), **options: Any) -> Endpoint:
        return self.webhooks.add(name, url, events=events, secret=SECRET, **options)

    def start(self, run_id: str, session: str = "s") -> None:
        started = e.RunStarted(
            seq=0, at_ms=1, run_id=run_id, session=session, flow=FLOW, start_node="a", inputs={}
        )
        state = fold((started,))
        self.store.create(Commit((started,), state, None), state.model_dump_json())

    def finish(self, run_id: str) -> None:
        before = self.store.load(run_id)
        ended = e.RunFinished(seq=before.seq, at_ms=2, node="a", answer="0.87 per h")
        state = fold((*self.store.events(run_id), ended))
        self.store.commit(Commit((ended,), state, None), state.model_dump_json(), fence=None)

    def put(self, endpoint: str, *ids: str) -> int:
        messages = [
            Message(endpoint=endpoint, id=f"msg_{each}", type="run.started", body="{}", created_ms=1_700)
            for each in ids
        ]
        now_ms = SystemClock().now_ms()
        return self.outbox.put([each.model_copy(update={"created_ms": now_ms}) for each in messages])

    def make_due(self, endpoint: str) -> None:
        """As if the pauses before the next attempts were over."""
        due = f"{self.prefix}webhook:{endpoint}:due"
        members: list[bytes] = self.redis.zrange(due, 0, -1)  # type: ignore[assignment]
        for member in members:
            self.redis.zadd(due, {member: 0})

    def statuses(self, endpoint: str) -> dict[str, str]:
        return {message.id: message.status for message in self.outbox.messages(endpoint, limit=1_000)}


@pytest.fixture
def place(redis: Redis, key_prefix: str) -> Place:
    return Place(redis, key_prefix)


def endpoint(name: str = "lab", url: str = "https://lab.example.org/hooks") -> Endpoint:
    return Endpoint(
        name=name, url=url, events=("*",), secrets=(Secret(text=SECRET),), owner="ada", created_ms=1
    )


# Keeping


@pytest.mark.parametrize("died", [False, True])
def test_what_nobody_wants_any_more_is_ended_or_unknown_where_its_sender_died(
    place: Place, died: bool
) -> None:
    place.outbox.add(endpoint())
    place.put("lab", "a")
    # A lease that is over at once, as that of a sender that was killed a minute ago.
    assert len(place.outbox.claim(limit=1, lease_ms=0) if died else ()) == died
    assert place.outbox.withdraw("lab", "msg_a")
    message = place.outbox.message("lab", "msg_a")
    assert message is not None
    assert message.status == ("unknown" if died else "ended")
    assert not place.outbox.has_due()


def test_an_endpoint_is_kept_once_unless_it_is_replaced(place: Place) -> None:
    outbox = place.outbox
    assert outbox.get("lab") is None
    assert outbox.add(endpoint())
    assert not outbox.add(endpoint(url="https://other.example.org"))
    assert outbox.get("lab") == endpoint()
    place.put("lab", "1")
    assert outbox.add(endpoint(url="https://other.example.org"), replace=True)
    assert [each.url for each in outbox.list()] == ["https://other.example.org"]
    assert place.statuses("lab") == {}


def test_an_endpoint_is_changed_only_as_it_was_read(place: Place) -> None:
    place.outbox.add(endpoint())
    changed = endpoint().model_copy(update={"events": ("run.*",)})
    assert not place.outbox.change(changed, endpoint())
    assert place.outbox.change(endpoint(), changed)
    assert place.outbox.get("lab") == changed


def test_nothing_is_left_of_a_removed_endpoint(place: Place) -> None:
    place.outbox.add(endpoint())
    place.put("lab", "1", "2")
    place.outbox.claim(limit=1, lease_ms=60_000)
    assert place.outbox.remove("lab")
    assert not place.outbox.remove("lab")
    assert place.put("lab", "3") == 0
    assert list(place.redis.scan_iter(f"{place.prefix}webhook*")) == []


def test_a_message_is_kept_once(place: Place) -> None:
    place.outbox.add(endpoint())
    assert place.put("lab", "1", "2") == 2
    assert place.put("lab", "2", "3") == 1
    assert place.outbox.count_pending("lab") == 3


def test_no_endpoint_has_more_under_way_than_it_may(place: Place) -> None:
    for name in ("a", "b"):
        place.outbox.add(endpoint(name))
        place.put(name, *(str(number) for number in range(10)))
    claims = place.outbox.claim(limit=100, lease_ms=60_000)
    assert sorted(claim.endpoint.name for claim in claims) == ["a"] * MAX_FLYING + ["b"] * MAX_FLYING
    assert place.outbox.claim(limit=100, lease_ms=60_000) == []
    assert not place.outbox.has_due()
    place.outbox.settle(claims[0], Response(204), Verdict("delivered"), at_ms=1)
    assert place.outbox.has_due()
    (next_one,) = place.outbox.claim(limit=100, lease_ms=60_000)
    assert next_one.endpoint.name == claims[0].endpoint.name


def test_a_message_whose_sender_died_is_sent_again_and_the_late_result_of_the_dead_counts_not(
    place: Place,
) -> None:
    place.outbox.add(endpoint())
    place.put("lab", "1")
    (dead,) = place.outbox.claim(limit=1, lease_ms=0)
    (alive,) = place.outbox.claim(limit=1, lease_ms=60_000)
    assert (dead.attempt, alive.attempt) == (1, 2)
    assert dead.message.body == alive.message.body
    place.outbox.settle(dead, Response(500), Verdict("given_up"), at_ms=1)
    assert place.statuses("lab") == {"msg_1": "pending"}
    place.outbox.settle(alive, Response(204), Verdict("delivered"), at_ms=2)
    assert place.statuses("lab") == {"msg_1": "delivered"}
    assert [attempt.attempt for attempt in place.outbox.attempts("lab", limit=10)] == [2, 1]


# Telling of events


def test_each_event_is_told_once_to_each_who_wants_it(place: Place) -> None:
    place.start("before")
    place.add("all", "https://a.example.org")
    place.add("ends", "https://b.example.org", ("run.finished",))
    place.add("other", "https://c.example.org", session="t")
    place.start("r1")
    assert place.relay.relay() == 1
    place.finish("r1")
    place.finish("before")
    place.start("r2", session="t")
    assert place.relay.relay() == 7
    assert place.relay.relay() == 0
    told = {
        name: sorted(message.type for message in place.outbox.messages(name, limit=100))
        for name in ("all", "ends", "other")
    }
    assert told == {
        "all": ["run.finished", "run.finished", "run.started", "run.started", "session.idle"],
        "ends": ["run.finished", "run.finished"],
        "other": ["run.started"],
    }


def test_a_relay_that_dies_before_it_goes_on_tells_nothing_twice(place: Place) -> None:
    place.add("all", "https://a.example.org")
    place.start("r1")
    feed = RedisEventFeed(place.redis, place.store, prefix=place.prefix)
    page = feed.read("webhooks", limit=10)
    assert place.relay.relay() == 1
    # Another one read the same page before, and comes late.
    assert not feed.advance("webhooks", page)
    place.redis.hset(f"{place.prefix}feed:cursors", "webhooks", page.before)
    assert place.relay.relay() == 0


def test_a_session_is_idle_when_its_last_run_has_ended(place: Place) -> None:
    place.add("lab", "https://a.example.org", ("session.idle",))
    for run_id in ("r1", "r2"):
        place.start(run_id, session="batch")
    place.finish("r1")
    assert place.relay.relay() == 0
    place.finish("r2")
    assert place.relay.relay() == 1
    (message,) = place.outbox.messages("lab", limit=10)
    assert message.type == "session.idle"


def test_who_listens_to_nothing_costs_nothing(place: Place) -> None:
    place.add("lab", "https://a.example.org", ("approval.*",))
    place.webhooks.remove("lab")
    place.start("r1")
    assert place.redis.exists(f"{place.prefix}feed") == 0
    assert place.redis.exists(f"{place.prefix}listened") == 0


# Delivering


def test_a_message_arrives_signed_with_both_secrets_while_one_is_rotated(place: Place) -> None:
    with receive() as receiver:
        place.add("lab", f"{receiver.url}/hooks")
        new = place.webhooks.rotate("lab").secrets[0].text
        place.start("r1")
        place.relay.relay()
        assert place.courier.deliver() == 1
    (received,) = receiver.received
    assert received.document["data"]["run_id"] == "r1"
    assert received.headers["content-type"] == "application/json"
    assert all(received.is_signed_with(secret) for secret in (SECRET, new))


def test_an_old_secret_ends(place: Place) -> None:
    with receive() as receiver:
        place.add("lab", f"{receiver.url}/hooks")
        new = place.webhooks.rotate("lab", overlap_s=0.0).secrets[0].text
        place.put("lab", "1")
        place.courier.deliver()
    (received,) = receiver.received
    assert (received.is_signed_with(SECRET), received.is_signed_with(new)) == (False, True)


def failing_first(
    times: int, status: int, **headers: str
) -> Callable[[Received], tuple[int, dict[str, str]]]:
    left = [times]

    def answer(_: Received) -> tuple[int, dict[str, str]]:
        left[0] -= 1
        return (status, headers) if left[0] >= 0 else (200, {})

    return answer


@pytest.mark.parametrize("status", [500, 302, 404])
def test_a_message_is_the_same_at_every_attempt(place: Place, status: int) -> None:
    with receive() as receiver:
        receiver.answer = failing_first(2, status, Location=f"{receiver.url}/elsewhere")
        place.add("lab", f"{receiver.url}/hooks")
        place.start("r1")
        place.relay.relay()
        for _ in range(3):
            place.courier.deliver()
            place.make_due("lab")
    assert [each.path for each in receiver.received] == ["/hooks"] * 3
    assert len({(each.id, each.body) for each in receiver.received}) == 1
    assert set(place.statuses("lab").values()) == {"delivered"}
    outcomes = [attempt.outcome for attempt in place.outbox.attempts("lab", limit=10)]
    assert outcomes == ["delivered", "retry", "retry"]


def test_a_receiver_that_is_gone_gets_nothing_more(place: Place) -> None:
    with receive() as receiver:
        receiver.answer = lambda _: (410, {})
        place.add("lab", f"{receiver.url}/hooks")
        place.put("lab", "1", "2", "3", "4", "5", "6")
        place.courier.deliver()
        assert len(receiver.received) <= MAX_FLYING
        assert set(place.statuses("lab").values()) == {"ended"}
        assert place.webhooks.get("lab").endpoint.status == "gone"
        place.start("r1")
        assert place.relay.relay() == 0
        receiver.answer = lambda _: (200, {})
        place.webhooks.enable("lab")
        place.webhooks.resend("lab", "msg_1")
        place.courier.deliver()
    assert place.statuses("lab")["msg_1"] == "delivered"


def test_a_slow_receiver_delays_nobody(place: Place) -> None:
    with receive() as slow, receive() as swift:
        place.add("slow", f"{slow.url}/slow")
        place.add("swift", f"{swift.url}/hooks")
        place.put("slow", *(str(number) for number in range(3 * MAX_FLYING)))
        place.put("swift", *(str(number) for number in range(3 * MAX_FLYING)))

        def release_at_the_end(_: Received) -> tuple[int, dict[str, str]]:
            if len(swift.received) == 3 * MAX_FLYING:
                slow.held.set()
            return 200, {}

        swift.answer = release_at_the_end
        place.courier.deliver()
        # The slow one answered only when the swift one had all of its messages.
        assert len(swift.received) == 3 * MAX_FLYING
        assert slow.most_flying <= MAX_FLYING
    assert set(place.statuses("slow").values()) == {"delivered"}


def test_a_receiver_that_is_away_is_tried_again(place: Place) -> None:
    with receive() as receiver:
        url = receiver.url
    place.add("lab", f"{url}/hooks")
    place.put("lab", "1")
    place.courier.deliver()
    (attempt,) = place.outbox.attempts("lab", limit=10)
    assert (attempt.status, attempt.outcome) == (0, "retry")
    assert "refused" in attempt.error.lower()
    assert place.outbox.count_pending("lab") == 1


def test_a_message_is_sent_again_by_hand_with_the_same_bytes(place: Place) -> None:
    with receive() as receiver:
        place.add("lab", f"{receiver.url}/hooks")
        place.start("r1")
        place.relay.relay()
        place.courier.deliver()
        (message,) = place.webhooks.deliveries("lab", limit=10)
        place.webhooks.resend("lab", message.id)
        place.courier.deliver()
        with pytest.raises(FluxError, match="keeps no message 'msg_other'"):
            place.webhooks.resend("lab", "msg_other")
    assert len(receiver.received) == 2
    assert len({(each.id, each.body) for each in receiver.received}) == 1


def test_a_test_says_what_came_of_it_and_is_in_the_log(place: Place) -> None:
    with receive() as receiver:
        place.add("lab", f"{receiver.url}/hooks", ("run.failed",))
        assert place.webhooks.test("lab").is_taken
        receiver.answer = lambda _: (403, {})
        assert str(place.webhooks.test("lab")) == "HTTP 403"
    assert [each.document["type"] for each in receiver.received] == ["webhook.test"] * 2
    assert [attempt.outcome for attempt in place.webhooks.attempts("lab", limit=5)] == [
        "given_up",
        "delivered",
    ]
    assert place.outbox.count_pending("lab") == 0


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://lab.example.org/hooks", "without https"),
        ("ftp://lab.example.org/hooks", "does not begin with https"),
        ("https:///hooks", "does not begin with https"),
        ("https://ada:secret@lab.example.org/hooks", "a name or a password"),
        ("https://lab.example.org/hooks#x", "a fragment"),
        ("https://lab.example.org:99999/", "Port out of range"),
        ("https://lab.example.org/\r\nx-injected: 1", "blanks"),
        ("https://lab.example.org/" + "x" * 3_000, "more than 2,000"),
        ("file:///etc/passwd", "does not begin with https"),
    ],
)
def test_an_address_that_cannot_be_told_is_refused(place: Place, url: str, says: str) -> None:
    with pytest.raises(FluxError, match=says) as caught:
        place.add("lab", url)
    assert "secret" not in str(caught.value)
    assert place.outbox.list() == []


def test_an_unknown_event_names_the_nearest(place: Place) -> None:
    with pytest.raises(FluxError, match=r"nearest: run\.finished"):
        place.add("lab", "https://lab.example.org", ("run.finishd",))


def test_no_secret_is_shown_by_a_list(place: Place) -> None:
    place.add("lab", "https://lab.example.org")
    assert SECRET not in repr(place.webhooks.list())
