"""Who answers what a flow asks: the port, and the one that reads its answers from a scenario."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import yaml
from pydantic import JsonValue

from fluxagents.flows.testing.scenario import Answer, Answers, ScenarioError

LEFT_OUT = "…"
"""Stands for what the author of a scenario must fill in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a flow wants to know of the world."""

    node: str
    what: str
    """In words, for errors."""
    accepts: tuple[str, ...]
    """The answers that fit, the most likely one first; an event may always come before."""
    tool: str = ""
    args: Mapping[str, JsonValue] = field(default_factory=dict)
    example: Mapping[str, JsonValue] = field(default_factory=dict)
    """An answer as its author might write it."""
    optional: bool = False
    """Something follows without an answer too."""


class World(Protocol):
    """Tools, chat models, humans and everything else that is not the flow."""

    def answer(self, ask: Ask) -> Answer | None:
        """One answer, of a kind that is accepted or an event; None where none is needed.

        Raises:
            ScenarioError: If there is none and one is needed.
        """
        ...


class _Queue:
    """Answers that are used up in order, or given again and again."""

    def __init__(self, answers: Answers) -> None:
        self._steps = answers.steps()
        self._again = answers.again
        self._used = 0

    @property
    def next(self) -> Answer | None:
        if self._used >= len(self._steps) and not self._again:
            return None
        return self._steps[self._used % len(self._steps)]

    def take(self) -> None:
        self._used += 1

    @property
    def unused(self) -> Iterator[tuple[int, Answer]]:
        return ((place, step) for place, step in enumerate(self._steps) if place >= self._used)


class ScriptedWorld:
    """Answers from a scenario; what a node is told goes before what a tool is told.

    Args:
        nodes: Node -> its answers.
        tools: Tool -> its answers.
        shared: Names of nodes and tools whose answers need not be used.
    """

    def __init__(
        self,
        nodes: Mapping[str, Answers],
        tools: Mapping[str, Answers],
        *,
        shared: frozenset[str] = frozenset(),
    ) -> None:
        self._nodes = {name: _Queue(answers) for name, answers in nodes.items()}
        self._tools = {name: _Queue(answers) for name, answers in tools.items()}
        self._shared = shared

    def answer(self, ask: Ask) -> Answer | None:
        """As `World.answer`."""
        fitting = {*ask.accepts, "event"}
        queues = [self._nodes.get(ask.node), self._tools.get(ask.tool)]
        for queue in queues:
            if queue is not None and queue.next is not None and fitting & set(queue.next.whats):
                found = queue.next
                queue.take()
                return found
        if ask.optional:
            return None
        raise _unanswered(ask, next((queue.next for queue in queues if queue and queue.next), None))

    def unused(self) -> Iterator[str]:
        """What was stated and never asked for, a sentence each."""
        for kind, queues in (("node", self._nodes), ("tool", self._tools)):
            for name, queue in queues.items():
                if name in self._shared:
                    continue
                for place, answer in queue.unused:
                    yield f"{kind} {name!r}: answer {place + 1} ({said(answer)}) was never asked for"


def said(answer: Answer) -> str:
    """An answer in a few words."""
    (what,) = answer.whats
    value = getattr(answer, what)
    return f"{what} {value}" if isinstance(value, str) else what


def _unanswered(ask: Ask, next_up: Answer | None) -> ScenarioError:
    instead = f"; its next answer is {said(next_up)!r}" if next_up else ""
    hint = _yaml({ask.node: [dict(ask.example)]})
    others = [one for one in ask.accepts if one not in ask.example]
    more = (f"or, instead of {'/'.join(ask.example)}: {', '.join(others)}",) if others else ()
    return ScenarioError(
        f"node {ask.node!r} {ask.what}, and the scenario has no answer to it{instead}",
        suggestions=(f"add to its world:\n{hint}", *more),
    )


def _yaml(value: object) -> str:
    text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=100)
    return "".join(f"      {line}\n" for line in text.splitlines()).rstrip("\n")


def call_in_words(tool: str, args: Mapping[str, JsonValue]) -> str:
    """A call as one would write it."""
    return f"{tool}({', '.join(f'{name}={json.dumps(value)}' for name, value in args.items())})"
