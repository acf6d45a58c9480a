"""Sessions of browsers in this process's memory."""

from __future__ import annotations

from fluxagents.flows.people.sign_in import SignInSession
from fluxagents.flows.ports.clock import Clock


class MemorySessionBook:
    """Sessions in memory."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sessions: dict[str, SignInSession] = {}

    def open(self, digest: str, session: SignInSession) -> None:
        self._sessions[digest] = session

    def get(self, digest: str) -> SignInSession | None:
        session = self._sessions.get(digest)
        return session if session and self._clock.now_ms() < session.expires_ms else None

    def close(self, digest: str) -> bool:
        return self._sessions.pop(digest, None) is not None

    def close_all_of(self, name: str) -> None:
        self._sessions = {key: each for key, each in self._sessions.items() if each.name != name}
