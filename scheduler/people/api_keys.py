"""API keys: created, listed, revoked, and told apart from what only looks like one."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from typing import Protocol

from fluxagents.flows.errors import ConflictError, ErrorClass, FluxError
from fluxagents.flows.people.actions import Action, Scope
from fluxagents.flows.people.actor import Actor, Channel, Proof, Resource
from fluxagents.flows.people.api_key import (
    NO_KEY,
    SECRET_BYTES,
    ApiKey,
    KeyText,
    digest_secret,
    encode_secret,
    matches,
    read_key,
)
from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.texts.display import quote
from fluxagents.scheduler.people.authority import Authority
from fluxagents.scheduler.people.directory import Directory, require_member

MINUTE_MS = 60_000


class KeyBook(Protocol):
    """Keeps API keys by their prefix."""

    def add(self, key: ApiKey) -> bool:
        """Keep a key; False, and nothing done, if the prefix is taken."""
        ...

    def get(self, prefix: str) -> ApiKey | None: ...

    def list(self) -> Sequence[ApiKey]:
        """All keys, the newest first."""
        ...

    def revoke(self, prefix: str, at_ms: int) -> bool:
        """Let a key count no more; False if there is none, or it was revoked before."""
        ...

    def note_use(self, prefix: str, at_ms: int) -> None:
        """Remember when a key was last used."""
        ...


class ApiKeys:
    """Creates, lists and revokes keys, and says who acts with one.

    Args:
        book: Keeps the keys.
        directory: Knows their owners.
        clock: The time.
    """

    def __init__(self, book: KeyBook, directory: Directory, clock: Clock) -> None:
        self._book = book
        self._directory = directory
        self._clock = clock

    def identify(self, text: str, channel: Channel) -> Actor:
        """Who acts with a key.

        Raises:
            FluxError: `PERMISSION` if it is no key, or one that does not count; the error does not say which
                part of a wrong one is right.
        """
        shown = read_key(text) or KeyText("", "")
        key = self._book.get(shown.prefix) or NO_KEY
        if not matches(key, shown.secret):
            raise FluxError(
                ErrorClass.PERMISSION,
                "the API key is not known here",
                suggestions=(
                    "copy the whole of what `fluxagents api-keys create` printed, from `flux_` on",
                    "or leave FLUXAGENTS_API_KEY unset to act as the user of this machine",
                ),
            )
        return self._act(key, channel)

    def identify_again(self, prefix: str, channel: Channel) -> Actor:
        """Who acts with a key that was shown before and is known by its prefix.

        Raises:
            FluxError: `PERMISSION` if it does not count any more.
        """
        return self._act(self._book.get(prefix) or NO_KEY.model_copy(update={"revoked_ms": 1}), channel)

    def _act(self, key: ApiKey, channel: Channel) -> Actor:
        now_ms = self._clock.now_ms()
        status = key.status(now_ms)
        if status != "active":
            raise FluxError(
                ErrorClass.PERMISSION,
                f"API key flux_{key.prefix} is {status}",
                suggestions=("create another: `fluxagents api-keys create`",),
            )
        if now_ms - key.last_used_ms >= MINUTE_MS:
            self._book.note_use(key.prefix, now_ms)
        proof = Proof(kind="api-key", id=f"flux_{key.prefix}")
        return Actor(name=key.owner, channel=channel, proof=proof, scopes=key.scopes)

    def create(
        self,
        authority: Authority,
        *,
        owner: str | None = None,
        scopes: Collection[Scope] = frozenset(Scope),
        expires_ms: int = 0,
        purpose: str = "",
    ) -> tuple[KeyText, ApiKey]:
        """Create a key.

        Args:
            authority: Of whoever creates it.
            owner: The person or service that will act with it; whoever creates it if absent.
            scopes: What it is good for.
            expires_ms: Until when it counts (Unix time in ms); 0 for as long as it is not revoked.
            purpose: What it is for, for lists.

        Returns:
            The key as its owner needs it, which nobody can show again, and what is kept of it.

        Raises:
            FluxError: If whoever acts may not, there is no such owner, or the key would be good for more than
                the one that it is created with.
        """
        actor = authority.actor
        owner = owner or actor.name
        require_member(self._directory, owner)
        scopes = frozenset(scopes)
        if actor.scopes is not None and not scopes <= actor.scopes:
            missing = ", ".join(sorted(scopes - actor.scopes))
            raise FluxError(
                ErrorClass.PERMISSION,
                f"{actor.proof} has not the scope {missing}, and creates no key that has",
                suggestions=(f"`--scope` for each of: {', '.join(sorted(actor.scopes))}",),
            )
        text = KeyText(secrets.token_hex(4), encode_secret(secrets.token_bytes(SECRET_BYTES)))
        action = Action.KEY_CREATE if owner == actor.name else Action.KEY_CREATE_FOR_OTHER
        authority.record(
            action, _resource(text.prefix), details={"owner": owner, "scopes": [*sorted(scopes)]}
        )
        key = ApiKey(
            prefix=text.prefix,
            digest=digest_secret(text.secret),
            owner=owner,
            purpose=purpose,
            scopes=scopes,
            created_ms=self._clock.now_ms(),
            expires_ms=expires_ms,
        )
        if not self._book.add(key):
            # Two of 2**32 prefixes are the same once in a long while.
            return self.create(authority, owner=owner, scopes=scopes, expires_ms=expires_ms, purpose=purpose)
        return text, key

    def list(self, authority: Authority) -> Sequence[ApiKey]:
        """The keys that whoever acts may see, the newest first: an admin all, others their own."""
        keys = self._book.list()
        if authority.may(Action.KEY_CREATE_FOR_OTHER, _resource("")):
            return keys
        return [key for key in keys if key.owner == authority.actor.name]

    def revoke(self, authority: Authority, prefix: str) -> ApiKey:
        """Let a key count no more, at once.

        Args:
            authority: Of whoever revokes it.
            prefix: Of the key, with or without `flux_`.

        Raises:
            FluxError: If there is none of this prefix, it is revoked already, or whoever acts may not.
        """
        prefix = prefix.removeprefix("flux_").partition("_")[0]
        key = self._book.get(prefix)
        if key is None:
            raise FluxError(
                ErrorClass.UNKNOWN_ID,
                f"there is no API key {quote(f'flux_{prefix}')}",
                suggestions=("`fluxagents api-keys list` shows the keys",),
            )
        own = key.owner == authority.actor.name
        action = Action.KEY_REVOKE if own else Action.KEY_REVOKE_OF_OTHER
        authority.record(action, _resource(prefix), details={"owner": key.owner})
        now_ms = self._clock.now_ms()
        if not self._book.revoke(prefix, now_ms):
            raise ConflictError(f"API key flux_{prefix} is revoked already")
        return key.model_copy(update={"revoked_ms": now_ms})


def _resource(prefix: str) -> Resource:
    return Resource(kind="key", id=f"flux_{prefix}")
