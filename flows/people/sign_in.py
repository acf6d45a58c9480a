"""Sign-ins: who a provider vouches for, and the session that a browser holds after it."""

from __future__ import annotations

import hashlib

from fluxagents.flows.events import Frozen


class Identity(Frozen):
    """Somebody for whom an OpenID provider vouches."""

    issuer: str
    subject: str
    """The provider's own name for them, which it never gives to another."""
    email: str = ""
    display: str = ""

    @property
    def sign_in(self) -> str:
        """As the directory keeps it; names and addresses change hands, a subject does not."""
        return f"{self.issuer} {self.subject}"


class PendingSignIn(Frozen):
    """A sign-in that has begun: what only the browser in which it did can show."""

    state: str
    nonce: str
    verifier: str
    """Of PKCE: its digest went to the provider."""
    next_path: str = "/"
    """Where the browser goes afterwards."""


class SignInSession(Frozen):
    """A session as the store keeps it, by the digest of its id; times are Unix time in ms."""

    name: str
    """The person, or the service whose key was shown."""
    key: str = ""
    """The prefix of the API key that was shown: its scopes hold, and the session ends with it; else empty."""
    began_ms: int
    expires_ms: int


def digest_session_id(session_id: str) -> str:
    """What is kept of the id of a session."""
    return hashlib.sha256(session_id.encode()).hexdigest()


def local_path(text: str) -> str:
    """A path of this site to lead a browser to; `/` for anything else, so that nobody is led elsewhere."""
    is_path = text.startswith("/") and not text.startswith(("//", "/\\"))
    return text if is_path and text.isprintable() and "\\" not in text else "/"
