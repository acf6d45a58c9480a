"""API keys: what they are good for, until when, and what a wrong one is told."""

from __future__ import annotations

import hashlib
import hmac
import re

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.memory.audit_log import MemoryAuditLog
from fluxagents.flows.memory.directory import MemoryDirectory
from fluxagents.flows.memory.key_book import MemoryKeyBook
from fluxagents.flows.people.actions import Action, Scope
from fluxagents.flows.people.actor import Actor, Proof
from fluxagents.flows.people.api_key import ApiKey, KeyText
from fluxagents.flows.people.members import Person, ServiceAccount
from fluxagents.flows.people.roles import Grant, Role
from fluxagents.scheduler.people.api_keys import MINUTE_MS, ApiKeys
from fluxagents.scheduler.people.authority import Authority

NOW_MS = 1_800_000_000_000


class HandClock:
    def __init__(self) -> None:
        self.time_ms = NOW_MS

    def now_ms(self) -> int:
        return self.time_ms


class Office:
    """Keys of ana, an admin, of bob, who sees one session only, and of a service."""

    def __init__(self) -> None:
        self.clock, self.book, self.directory = HandClock(), MemoryKeyBook(), MemoryDirectory()
        self.log = MemoryAuditLog(self.clock)
        self.keys = ApiKeys(self.book, self.directory, self.clock)
        self.directory.save(Person(name="ana", grants=(Grant(role=Role.ADMIN),)), before=None)
        bob = Person(name="bob", grants=(Grant(role=Role.VIEWER, place="session:s"),))
        self.directory.save(bob, before=None)
        self.directory.save(ServiceAccount(name="ci"), before=None)

    def authority(self, name: str, scopes: frozenset[Scope] | None = None) -> Authority:
        actor = Actor(name=name, channel="client", proof=Proof(kind="os-user", id="1"), scopes=scopes)
        return Authority(self.directory, self.log, lambda: actor)


@pytest.fixture
def office() -> Office:
    return Office()


def test_a_key_says_who_acts_and_for_what_and_is_kept_as_a_digest_only(office: Office) -> None:
    text, key = office.keys.create(office.authority("bob"), scopes={Scope.READ, Scope.RUNS})
    assert re.fullmatch(r"flux_[0-9a-f]{8}_[A-Za-z0-9_-]{43}", str(text))
    assert office.keys.identify(str(text), "http") == Actor(
        name="bob",
        channel="http",
        proof=Proof(kind="api-key", id=f"flux_{text.prefix}"),
        scopes=frozenset({Scope.READ, Scope.RUNS}),
    )
    assert key.digest == hashlib.sha256(text.secret.encode()).hexdigest()
    kept = " ".join([*(entry.model_dump_json() for entry in office.log.entries()), key.model_dump_json()])
    assert text.secret not in kept
    assert text.prefix in kept


def test_no_two_keys_are_the_same(office: Office) -> None:
    texts = {str(office.keys.create(office.authority("ana"))[0]) for _ in range(50)}
    assert len(texts) == len({text[14:] for text in texts}) == 50


@pytest.mark.parametrize("change", ["prefix", "secret", "none", "short", "other", "space"])
def test_every_wrong_key_is_told_the_same(office: Office, change: str) -> None:
    text, _ = office.keys.create(office.authority("ana"))
    wrong = {
        "prefix": str(KeyText("00000000", text.secret)),
        "secret": str(KeyText(text.prefix, "A" * 43)),
        "none": "",
        "short": str(text)[:-1],
        "other": "ghp_" + "x" * 40,
        "space": f" {text}",
    }[change]
    with pytest.raises(FluxError, match=r"^the API key is not known here;") as refused:
        office.keys.identify(wrong, "http")
    assert refused.value.kind is ErrorClass.PERMISSION
    assert text.secret not in str(refused.value)


def test_a_look_up_compares_as_much_whether_or_not_there_is_such_a_prefix(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[int, int]] = []

    def compare(one: str, other: str) -> bool:
        compared.append((len(one), len(other)))
        return False

    monkeypatch.setattr(hmac, "compare_digest", compare)
    text, _ = office.keys.create(office.authority("ana"))
    for prefix in (text.prefix, "00000000"):
        with pytest.raises(FluxError):
            office.keys.identify(str(KeyText(prefix, "A" * 43)), "http")
    with pytest.raises(FluxError):
        office.keys.identify("no key at all", "http")
    assert compared == [(64, 64)] * 3


def test_a_key_that_expired_or_was_revoked_counts_no_more(office: Office) -> None:
    ana = office.authority("ana")
    text, _ = office.keys.create(ana, expires_ms=NOW_MS + 10)
    other, _ = office.keys.create(ana)
    office.keys.identify(str(text), "http")
    office.clock.time_ms += 10
    with pytest.raises(FluxError, match=f"API key flux_{text.prefix} is expired"):
        office.keys.identify(str(text), "http")
    office.keys.revoke(ana, f"flux_{other.prefix}")
    with pytest.raises(FluxError, match=f"API key flux_{other.prefix} is revoked"):
        office.keys.identify(str(other), "http")
    with pytest.raises(FluxError, match="revoked already"):
        office.keys.revoke(ana, other.prefix)


def test_the_last_use_is_known_to_the_minute(office: Office) -> None:
    text, _ = office.keys.create(office.authority("ana"))

    def last_use() -> int:
        key = office.book.get(text.prefix)
        assert key is not None
        return key.last_used_ms

    assert last_use() == 0
    office.keys.identify(str(text), "http")
    assert last_use() == NOW_MS
    office.clock.time_ms += MINUTE_MS - 1
    office.keys.identify(str(text), "http")
    assert last_use() == NOW_MS
    office.clock.time_ms += 1
    office.keys.identify(str(text), "http")
    assert last_use() == NOW_MS + MINUTE_MS


def test_own_keys_take_no_role_and_those_of_others_an_admin(office: Office) -> None:
    ana, bob = office.authority("ana"), office.authority("bob")
    own, _ = office.keys.create(bob)
    for act in (
        lambda: office.keys.create(bob, owner="ana"),
        lambda: office.keys.create(bob, owner="ci"),
        lambda: office.keys.revoke(bob, office.keys.create(ana)[0].prefix),
    ):
        with pytest.raises(FluxError, match="it takes the role admin"):
            act()
    service, _ = office.keys.create(ana, owner="ci")
    assert office.keys.identify(str(service), "http").name == "ci"
    assert [key.owner for key in office.keys.list(bob)] == ["bob"]
    assert sorted(key.owner for key in office.keys.list(ana)) == ["ana", "bob", "ci"]
    office.keys.revoke(bob, own.prefix)
    actions = [entry.act.action for entry in office.log.entries()]
    assert actions.count(Action.KEY_CREATE_FOR_OTHER) == 1
    assert actions[-1] is Action.KEY_REVOKE


def test_a_key_creates_none_that_is_good_for_more(office: Office) -> None:
    limited = office.authority("ana", frozenset({Scope.PEOPLE, Scope.READ}))
    with pytest.raises(FluxError, match="has not the scope approvals, models, prompts, runs, schedules"):
        office.keys.create(limited)
    _, key = office.keys.create(limited, scopes={Scope.READ})
    assert key.scopes == {Scope.READ}
    with pytest.raises(FluxError, match="has not the scope 'people'"):
        office.keys.create(office.authority("ana", frozenset({Scope.READ})), scopes={Scope.READ})


def test_a_key_without_a_scope_is_none() -> None:
    with pytest.raises(ValueError, match="at least 1 item"):
        ApiKey(prefix="0" * 8, digest="0" * 64, owner="ana", scopes=frozenset(), created_ms=1)
