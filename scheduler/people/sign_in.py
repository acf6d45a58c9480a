"""Signing in with a browser, by an OpenID provider, a key or a link, and the session after it."""

from __future__ import annotations

import hmac
import secrets
from typing import Protocol

from pydantic import ValidationError

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Actor, Proof, Resource
from fluxagents.flows.people.audit import AuditRecord
from fluxagents.flows.people.sign_in import (
    Identity,
    PendingSignIn,
    SignInSession,
    digest_session_id,
    local_path,
)
from fluxagents.flows.people.signed_token import compute_signature, read_token, sign_token
from fluxagents.flows.ports.audit_log import AuditLog
from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.texts.display import quote
from fluxagents.scheduler.people.api_keys import ApiKeys
from fluxagents.scheduler.people.directory import Directory

SESSION_COOKIE = "__Host-flux-session"
PENDING_COOKIE = "__Host-flux-sign-in"
"""`__Host-`: browsers take such a cookie from this host alone, over TLS or loopback, for all its paths."""

PENDING_MS = 600_000
"""How long a sign-in may take."""
SESSION_MS = 12 * 3_600_000
"""How long a session lasts."""

LINK_MS = 300_000
"""How long a link that signs somebody in may be followed."""

_LINK = "link:"
"""Before what a link holds, so that it is no id of a session."""
_KEY_PREFIX = "flux_"

SHOWN_DIGITS = 12
"""Of the digest of a session, in the audit log."""


class IdentityProvider(Protocol):
    """An OpenID provider."""

    def authorization_url(self, pending: PendingSignIn) -> str:
        """Where a browser goes to sign in.

        Raises:
            FluxError: If the provider cannot be reached.
        """
        ...

    def identify(self, code: str, pending: PendingSignIn) -> Identity:
        """For whom the provider vouches with a code, which it takes once.

        Raises:
            FluxError: If it cannot be reached, or vouches for nobody.
        """
        ...


class SessionBook(Protocol):
    """Keeps sessions by the digests of their ids, until their time is over."""

    def open(self, digest: str, session: SignInSession) -> None:
        """Keep a session."""
        ...

    def get(self, digest: str) -> SignInSession | None: ...

    def close(self, digest: str) -> bool:
        """Forget a session; False if there is none."""
        ...

    def close_all_of(self, name: str) -> None:
        """Forget the sessions of a person."""
        ...


class SignIn:
    """Signs people in and out.

    Args:
        provider: Vouches for them; None where none is named.
        api_keys: Say who acts with a key.
        directory: Knows which person somebody is for whom it does.
        log: Where it is recorded.
        sessions: Keeps sessions.
        clock: The time.
        key: Signs what browsers hold; 32 random bytes, the same in each process of the service.
    """

    def __init__(
        self,
        provider: IdentityProvider | None,
        *,
        api_keys: ApiKeys,
        directory: Directory,
        log: AuditLog,
        sessions: SessionBook,
        clock: Clock,
        key: bytes,
    ) -> None:
        self._provider = provider
        self._api_keys = api_keys
        self._directory = directory
        self._log = log
        self._sessions = sessions
        self._clock = clock
        self._key = key

    @property
    def has_provider(self) -> bool:
        """Whether an OpenID provider is named."""
        return self._provider is not None

    def enter_with_key(self, text: str) -> str:
        """Begin a session with an API key: it is good for what the key is, for as long as the key counts.

        Returns:
            The value of `SESSION_COOKIE`.

        Raises:
            FluxError: `PERMISSION` if it is no key, or one that does not count.
        """
        actor = self._api_keys.identify(text, "page")
        return self._open(actor.name, key=actor.proof.id.removeprefix(_KEY_PREFIX))

    def create_link(self, actor: Actor) -> str:
        """What signs whoever has it in as this actor: once, and within five minutes."""
        token, now_ms = secrets.token_urlsafe(32), self._clock.now_ms()
        key = actor.proof.id.removeprefix(_KEY_PREFIX) if actor.proof.kind == "api-key" else ""
        link = SignInSession(name=actor.name, key=key, began_ms=now_ms, expires_ms=now_ms + LINK_MS)
        self._sessions.open(digest_session_id(_LINK + token), link)
        return token

    def enter_by_link(self, token: str) -> str:
        """Begin the session of the person whose link it is; the link is used up.

        Returns:
            The value of `SESSION_COOKIE`.

        Raises:
            FluxError: `PERMISSION` if it is no link, was followed before, or its time is over.
        """
        digest = digest_session_id(_LINK + token)
        link = self._sessions.get(digest)
        if link is None or not self._sessions.close(digest):
            raise FluxError(
                ErrorClass.PERMISSION,
                "the link was followed before, or its time is over",
                suggestions=("`fluxagents page` makes another",),
            )
        return self._open(link.name, key=link.key)

    def begin(self, next_path: str = "/") -> tuple[str, str]:
        """Begin a sign-in.

        Args:
            next_path: Where the browser goes afterwards; a path of this site.

        Returns:
            The address of the provider to which the browser is sent, and the value of `PENDING_COOKIE`.
        """
        pending = PendingSignIn(
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
            next_path=local_path(next_path),
        )
        expires_ms = self._clock.now_ms() + PENDING_MS
        cookie = sign_token(pending.model_dump(), self._key, PENDING_COOKIE, expires_ms=expires_ms)
        return self._require_provider().authorization_url(pending), cookie

    def finish(self, cookie: str, *, state: str, code: str) -> tuple[str, str]:
        """Finish a sign-in, when the provider has sent the browser back.

        Args:
            cookie: The value of `PENDING_COOKIE` that the browser has.
            state: What the provider sent back of what it was given.
            code: What shows the provider for whom it vouches.

        Returns:
            The value of `SESSION_COOKIE`, and the path to which the browser goes.

        Raises:
            FluxError: `PERMISSION` if the sign-in did not begin in this browser or took too long, or the
                person is nobody in this installation; as the provider does.
        """
        pending = self._read_pending(cookie)
        if pending is None or not hmac.compare_digest(pending.state.encode(), state.encode()):
            raise FluxError(
                ErrorClass.PERMISSION,
                "the sign-in did not begin in this browser, or took too long",
                suggestions=("begin again",),
            )
        identity = self._require_provider().identify(code, pending)
        name = self._directory.find_sign_in(identity.sign_in)
        if name is None:
            person = quote(identity.email or identity.display or identity.subject)
            raise FluxError(
                ErrorClass.PERMISSION,
                f"{person} is nobody in this installation",
                suggestions=(
                    f"an admin lets them in: `fluxagents people add NAME --sign-in '{identity.sign_in}'`",
                ),
            )
        return self._open(name), pending.next_path

    def _open(self, name: str, *, key: str = "") -> str:
        """Begin a session; the value of its cookie."""
        session_id, now_ms = secrets.token_urlsafe(32), self._clock.now_ms()
        digest, expires_ms = digest_session_id(session_id), now_ms + SESSION_MS
        self._record(Action.SIGN_IN, name, digest)
        session = SignInSession(name=name, key=key, began_ms=now_ms, expires_ms=expires_ms)
        self._sessions.open(digest, session)
        return sign_token({"id": session_id}, self._key, SESSION_COOKIE, expires_ms=expires_ms)

    def _require_provider(self) -> IdentityProvider:
        if self._provider is None:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                "no OpenID provider is named",
                suggestions=("set FLUXAGENTS_OIDC_ISSUER, or sign in with a key",),
            )
        return self._provider

    def identify(self, cookie: str) -> Actor:
        """Who acts with a session.

        Raises:
            FluxError: `PERMISSION` if it is none, or was ended.
        """
        digest, session = self._require_session(cookie)
        if session.key:
            return self._api_keys.identify_again(session.key, "page")
        proof = Proof(kind="sign-in", id=digest[:SHOWN_DIGITS])
        return Actor(name=session.name, channel="page", proof=proof)

    def csrf_token(self, cookie: str) -> str:
        """What a page of this session sends with each request that changes something; see `check_same_site`.

        Raises:
            FluxError: As `identify`.
        """
        digest, _ = self._require_session(cookie)
        return compute_signature(digest, self._key, "csrf")

    def end(self, cookie: str) -> None:
        """Sign out: the session counts no more, in no copy of its cookie.

        Raises:
            FluxError: As `identify`.
        """
        digest, session = self._require_session(cookie)
        self._record(Action.SIGN_OUT, session.name, digest)
        self._sessions.close(digest)

    def _require_session(self, cookie: str) -> tuple[str, SignInSession]:
        content = read_token(cookie, self._key, SESSION_COOKIE, now_ms=self._clock.now_ms())
        if content is not None:
            digest = digest_session_id(str(content.get("id")))
            session = self._sessions.get(digest)
            if session is not None:
                return digest, session
        raise FluxError(
            ErrorClass.PERMISSION, "nobody is signed in here any more", suggestions=("sign in again",)
        )

    def _read_pending(self, cookie: str) -> PendingSignIn | None:
        content = read_token(cookie, self._key, PENDING_COOKIE, now_ms=self._clock.now_ms())
        try:
            return None if content is None else PendingSignIn.model_validate(content)
        except ValidationError:
            return None

    def _record(self, action: Action, name: str, digest: str) -> None:
        record = AuditRecord(
            action=action,
            by=name,
            channel="page",
            proof=Proof(kind="sign-in", id=digest[:SHOWN_DIGITS]),
            on=Resource(kind="person", id=name),
        )
        self._log.append(record)


def format_cookie(name: str, value: str, *, max_age_s: int) -> str:
    """The header `Set-Cookie` for one of the cookies of this module; with no value and age it is deleted.

    Scripts do not see it, and of requests that other sites cause it is sent with a followed link alone.
    """
    return f"{name}={value}; Path=/; Max-Age={max_age_s}; Secure; HttpOnly; SameSite=Lax"
