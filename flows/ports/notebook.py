"""The notebook of a session: its answers and words of people, in order, and links for those who read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, Protocol

from pydantic import Field, NonNegativeInt

from fluxagents.flows.events import Frozen
from fluxagents.flows.people.actions import Scope
from fluxagents.flows.people.actor import Actor, Proof
from fluxagents.flows.texts.grammar import MAX_STORED_ID, MAX_TEXT

MAX_BLOCKS = 500


class TextBlock(Frozen):
    """Words of somebody."""

    kind: Literal["text"] = "text"
    text: str = Field(min_length=1, max_length=MAX_TEXT)


class RunBlock(Frozen):
    """A question with its answer."""

    kind: Literal["run"] = "run"
    run: str = Field(min_length=1, max_length=MAX_STORED_ID)
    """The id of a run of the session."""


Block = Annotated[TextBlock | RunBlock, Field(discriminator="kind")]


class Notebook(Frozen):
    """The blocks of one session, in order."""

    session: str
    version: NonNegativeInt = 0
    """Raised by each change; 0 while nobody has written in it."""
    blocks: tuple[Block, ...] = ()
    changed_by: str = ""
    changed_ms: NonNegativeInt = 0
    """Unix time in ms."""


class NotebookLink(Frozen):
    """A link under which whoever has it reads a notebook; times are Unix time in ms."""

    id: str
    """The beginning of the sha256 of what stands in the link, which is kept nowhere."""
    session: str
    by: str
    """Who made it, and with whose rights it shows what it shows."""
    created_ms: int
    expires_ms: int

    @property
    def reader(self) -> Actor:
        """Who looks when the link is followed."""
        proof = Proof(kind="link", id=self.id)
        return Actor(name=self.by, channel="page", proof=proof, scopes=frozenset({Scope.READ}))


class NotebookBook(Protocol):
    """Keeps notebooks, and links until their time is over."""

    def get(self, session: str) -> Notebook:
        """The notebook of a session; an empty one if nobody has written in it."""
        ...

    def replace(self, before: Notebook, after: Notebook) -> bool:
        """Keep a notebook; False, and nothing done, if it is not what it was before any more."""
        ...

    def add_link(self, digest: str, link: NotebookLink) -> None:
        """Keep a link by the sha256 of what stands in it."""
        ...

    def find_link(self, digest: str) -> NotebookLink | None:
        """A link whose time is not over."""
        ...

    def list_links(self, session: str) -> Sequence[NotebookLink]:
        """The links to a notebook, the oldest first."""
        ...

    def remove_link(self, link: NotebookLink) -> None:
        """Forget a link."""
        ...
