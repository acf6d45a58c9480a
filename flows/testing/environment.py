"""What a simulated run meets: the tools and flows that exist, and the world that answers it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import yaml
from pydantic import JsonValue

from fluxagents.flows.language.catalog import ToolFacts
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.testing.scenario import Answers, ScenarioError, StatedAnswer

PLACEHOLDER = "…"
"""Stands for what the author of a scenario must fill in."""

CheckArgs = Callable[[str, Mapping[str, JsonValue]], dict[str, JsonValue]]
"""Returns the arguments as a tool takes them; raises a `FluxError` for those that it would refuse."""


def accept_args(tool: str, args: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Accept any arguments."""
    del tool
    return dict(args)


@dataclass(frozen=True, slots=True)
class Environment:
    """The tools and flows that exist. No tool runs here: the world states its results."""

    tools: Mapping[str, ToolFacts]
    flows: Mapping[str, Flow] = field(default_factory=dict)
    """The flows that flows run, pinned, by digest."""
    check_args: CheckArgs = accept_args


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What a run asks of the world."""

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
    """The run goes on without an answer too."""


class World(Protocol):
    """Tools, chat models, humans and everything else that is not the flow."""

    def answer(self, query: Query) -> StatedAnswer | None:
        """Return an answer of an accepted kind or an event; None where none is needed.

        Raises:
            ScenarioError: If there is none and one is needed.
        """
        ...


class _Queue:
    """Answers that are used up in order, or given again and again."""

    def __init__(self, answers: Answers) -> None:
        self._steps = answers.steps()
        self._repeats = answers.repeats
        self._used = 0

    @property
    def head(self) -> StatedAnswer | None:
        if self._used >= len(self._steps) and not self._repeats:
            return None
        return self._steps[self._used % len(self._steps)]

    def pop(self) -> None:
        self._used += 1

    @property
    def rest(self) -> Iterator[tuple[int, StatedAnswer]]:
        return ((number, step) for number, step in enumerate(self._steps, 1) if number > self._used)


class ScriptedWorld:
    """Answers from a scenario; the answers of a node go before those of a tool.

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

    def answer(self, query: Query) -> StatedAnswer | None:
        """As `World.answer`."""
        accepted = {*query.accepts, "event"}
        queues = [self._nodes.get(query.node), self._tools.get(query.tool)]
        heads = [(queue, queue.head) for queue in queues if queue is not None]
        for queue, head in heads:
            if head is not None and accepted & set(head.kinds):
                queue.pop()
                return head
        if query.optional:
            return None
        raise _missing_answer(query, next((head for _, head in heads if head), None))

    def list_unused(self) -> Iterator[str]:
        """Yield a sentence for each answer that was never asked for."""
        for kind, queues in (("node", self._nodes), ("tool", self._tools)):
            for name, queue in queues.items():
                for number, answer in queue.rest if name not in self._shared else ():
                    yield f"{kind} {name!r}: answer {number} ({_summarize(answer)}) was never asked for"


def _summarize(answer: StatedAnswer) -> str:
    (kind,) = answer.kinds
    value = getattr(answer, kind)
    return f"{kind} {value}" if isinstance(value, str) else kind


def _missing_answer(query: Query, head: StatedAnswer | None) -> ScenarioError:
    instead = f"; its next answer is {_summarize(head)!r}" if head else ""
    text = yaml.safe_dump({query.node: [dict(query.example)]}, sort_keys=False, allow_unicode=True, width=100)
    example = "\n".join(f"      {line}" for line in text.splitlines())
    others = [kind for kind in query.accepts if kind not in query.example]
    more = (f"or, instead of {'/'.join(query.example)}: {', '.join(others)}",) if others else ()
    return ScenarioError(
        f"node {query.node!r} {query.what}, and the scenario has no answer to it{instead}",
        suggestions=(f"add to its world:\n{example}", *more),
    )


def format_call(tool: str, args: Mapping[str, JsonValue]) -> str:
    """Write a call as in a programming language."""
    return f"{tool}({', '.join(f'{name}={json.dumps(value)}' for name, value in args.items())})"
