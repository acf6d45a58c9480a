"""The directory in this process's memory."""

from __future__ import annotations

from collections.abc import Sequence
from threading import RLock

from fluxagents.flows.people.members import Group, Member, Membership, Person, membership


class MemoryDirectory:
    """Persons, services and groups in memory."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._members: dict[str, Member] = {}
        self._groups: dict[str, Group] = {}
        self._os_users: dict[str, str] = {}
        self._sign_ins: dict[str, str] = {}

    def find(self, name: str) -> Membership | None:
        with self._lock:
            member = self._members.get(name)
            return None if member is None else membership(member, self.groups())

    def find_os_user(self, user: str) -> str | None:
        return self._os_users.get(user)

    def find_sign_in(self, sign_in: str) -> str | None:
        return self._sign_ins.get(sign_in)

    def members(self) -> Sequence[Member]:
        with self._lock:
            return [member for _, member in sorted(self._members.items())]

    def groups(self) -> Sequence[Group]:
        with self._lock:
            return [group for _, group in sorted(self._groups.items())]

    def save_first(self, member: Member) -> bool:
        with self._lock:
            return not self._members and self.save(member, before=None)

    def save(self, member: Member, *, before: Member | None) -> bool:
        with self._lock:
            if self._members.get(member.name) != before:
                return False
            self._forget_proofs(member.name)
            self._members[member.name] = member
            if isinstance(member, Person):
                self._os_users |= dict.fromkeys(member.os_users, member.name)
                self._sign_ins |= dict.fromkeys(member.sign_ins, member.name)
            return True

    def remove(self, name: str) -> bool:
        with self._lock:
            self._forget_proofs(name)
            return self._members.pop(name, None) is not None

    def _forget_proofs(self, name: str) -> None:
        """What led to a member leads nowhere any more."""
        for proofs in (self._os_users, self._sign_ins):
            for proof in [proof for proof, owner in proofs.items() if owner == name]:
                del proofs[proof]

    def save_group(self, group: Group, *, before: Group | None) -> bool:
        with self._lock:
            if self._groups.get(group.name) != before:
                return False
            self._groups[group.name] = group
            return True

    def remove_group(self, name: str) -> bool:
        with self._lock:
            return self._groups.pop(name, None) is not None
