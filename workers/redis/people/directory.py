"""The directory on Redis: two hashes of JSON by name, and what leads to a person from outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from pydantic import TypeAdapter
from redis import Redis
from redis.client import Pipeline
from redis.exceptions import WatchError

from fluxagents.flows.people.members import MEMBER, Group, Member, Membership, Person, membership

Document = TypeVar("Document")

GROUP: TypeAdapter[Group] = TypeAdapter(Group)


class RedisDirectory:
    """Persons, services and groups in Redis under one key prefix.

    Args:
        redis: A client that returns bytes.
        prefix: What every key begins with.
    """

    def __init__(self, redis: Redis, *, prefix: str = "flux:") -> None:
        self._redis = redis
        self._members = f"{prefix}members"
        self._groups = f"{prefix}groups"
        self._os_users = f"{prefix}os-users"
        self._sign_ins = f"{prefix}sign-ins"

    def find(self, name: str) -> Membership | None:
        pipe = self._redis.pipeline(transaction=False)
        pipe.hget(self._members, name)
        pipe.hvals(self._groups)
        member, groups = pipe.execute()
        if member is None:
            return None
        return membership(MEMBER.validate_json(member), map(GROUP.validate_json, groups))

    def find_os_user(self, user: str) -> str | None:
        return self._look_up(self._os_users, user)

    def find_sign_in(self, sign_in: str) -> str | None:
        return self._look_up(self._sign_ins, sign_in)

    def _look_up(self, key: str, field: str) -> str | None:
        name: bytes | None = self._redis.hget(key, field)  # type: ignore[assignment]
        return None if name is None else name.decode()

    def members(self) -> Sequence[Member]:
        documents: list[bytes] = self._redis.hvals(self._members)  # type: ignore[assignment]
        return sorted(map(MEMBER.validate_json, documents), key=lambda member: member.name)

    def groups(self) -> Sequence[Group]:
        documents: list[bytes] = self._redis.hvals(self._groups)  # type: ignore[assignment]
        return sorted(map(GROUP.validate_json, documents), key=lambda group: group.name)

    def save_first(self, member: Member) -> bool:
        return self._change(lambda pipe: pipe.hlen(self._members) == 0, lambda pipe: self._put(pipe, member))

    def save(self, member: Member, *, before: Member | None) -> bool:
        old = _proofs(before)

        def put(pipe: Pipeline) -> None:
            for key, proofs in old.items():
                pipe.hdel(getattr(self, key), *proofs)
            self._put(pipe, member)

        return self._change(lambda pipe: self._read(pipe, self._members, member.name, MEMBER) == before, put)

    def _put(self, pipe: Pipeline, member: Member) -> None:
        pipe.hset(self._members, member.name, member.model_dump_json())
        for key, proofs in _proofs(member).items():
            pipe.hset(getattr(self, key), mapping=dict.fromkeys(proofs, member.name))

    def remove(self, name: str) -> bool:
        member = self._read(self._redis, self._members, name, MEMBER)
        if member is None:
            return False

        def drop(pipe: Pipeline) -> None:
            pipe.hdel(self._members, name)
            for key, proofs in _proofs(member).items():
                pipe.hdel(getattr(self, key), *proofs)

        return self._change(lambda pipe: self._read(pipe, self._members, name, MEMBER) == member, drop)

    def save_group(self, group: Group, *, before: Group | None) -> bool:
        return self._change(
            lambda pipe: self._read(pipe, self._groups, group.name, GROUP) == before,
            lambda pipe: pipe.hset(self._groups, group.name, group.model_dump_json()),
        )

    def remove_group(self, name: str) -> bool:
        return bool(self._redis.hdel(self._groups, name))

    @staticmethod
    def _read(redis: Redis, key: str, name: str, adapter: TypeAdapter[Document]) -> Document | None:
        document: bytes | None = redis.hget(key, name)  # type: ignore[assignment]
        return None if document is None else adapter.validate_json(document)

    def _change(self, holds: Callable[[Pipeline], bool], write: Callable[[Pipeline], object]) -> bool:
        """Write if a condition holds and nobody else writes meanwhile; whether it was written."""
        while True:
            with self._redis.pipeline() as pipe:
                try:
                    pipe.watch(self._members, self._groups)  # type: ignore[no-untyped-call]
                    if not holds(pipe):
                        return False
                    pipe.multi()
                    write(pipe)
                    pipe.execute()
                except WatchError:
                    # Somebody else was faster, perhaps with another member: look again.
                    continue
            return True


def _proofs(member: Member | None) -> dict[str, tuple[str, ...]]:
    """What leads to a person, by the attribute of the key that holds it; empty kinds are left out."""
    if not isinstance(member, Person):
        return {}
    proofs = {"_os_users": member.os_users, "_sign_ins": member.sign_ins}
    return {key: values for key, values in proofs.items() if values}
