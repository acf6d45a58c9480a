"""Mentions: `@alice` or `@group:curators` in a text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.flows.humans.seats import GROUP_PREFIX

_MENTION = re.compile(r"(?<![\w.@+\-])@((?:group:)?[A-Za-z0-9_][A-Za-z0-9_.@+\-]{0,63})")


def find_mentions(text: str, people: Iterable[str], groups: Iterable[str]) -> tuple[str, ...]:
    """Who is mentioned in a text, each once: a person by name, a group as `group:NAME`.

    An e-mail address mentions nobody, and a name may end a sentence.

    Raises:
        FluxError: `UNKNOWN_ID` if it mentions somebody who is not known, with the nearest names.
    """
    people, groups = frozenset(people), frozenset(groups)
    names: dict[str, None] = {}
    for word in _MENTION.findall(text):
        names[_resolve(word, people, groups)] = None
    return tuple(names)


def _resolve(word: str, people: frozenset[str], groups: frozenset[str]) -> str:
    # A name may itself end with a mark that also ends a sentence.
    for name in (word, word.rstrip(".@+-")):
        if name in people:
            return name
        if name.removeprefix(GROUP_PREFIX) in groups:
            return GROUP_PREFIX + name.removeprefix(GROUP_PREFIX)
    raise FluxError(
        ErrorClass.UNKNOWN_ID,
        f"the text mentions '@{word}', and there is no person or group of this name",
        suggestions=(*nearest(word.removeprefix(GROUP_PREFIX), people | groups), "or write it without the @"),
    )
