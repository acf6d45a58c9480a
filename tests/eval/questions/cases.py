"""The questions and what is expected of an answer; the data are the files of `PARTS` beside this module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from fluxagents.scheduler.collaboration.expected_call import AcceptedCall, is_same

PARTS = ("known", "held_out", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
"""Rules may be made after the known questions, the fourth to sixth part, which were held out once, and the
eighth, which is the newest. The others show how well they do on what they were not made for.
"""

OPEN_TO_RULES = frozenset({"known", "fourth", "fifth", "sixth", "eighth"})
"""Parts whose wrong answers are shown."""

WHOLE = frozenset({"fourth", "fifth", "sixth", "seventh", "eighth"})
"""Parts over all tools and flows, which also say which flow has the answer and what stays open."""

ANALYSIS = "metabolic_analysis"
"""The flow that puts a question to a chat model."""


@dataclass(frozen=True, slots=True)
class Case:
    """One question.

    Attributes:
        calls: What answers it beside the description and the growth that each run begins with.
        either: Other sets of calls that are as good.
        flow: The flow of the library that has the answer.
        inputs: Those of its inputs that matter.
        answered: Whether all of it can be answered: `yes`, `partly` or `no`; None if the part does not say.
        names: What the text must name of what stays open; `a|b` is one of both.
    """

    part: str
    group: int
    language: str
    question: str
    calls: tuple[AcceptedCall, ...]
    either: tuple[tuple[AcceptedCall, ...], ...] = ()
    flow: str = ANALYSIS
    inputs: Mapping[str, Any] = field(default_factory=dict)
    answered: str | None = None
    names: tuple[str, ...] = ()

    def is_named_in(self, text: str) -> bool:
        """Whether a text names all that stays open."""
        folded = text.casefold()
        return all(any(name in folded for name in names.casefold().split("|")) for names in self.names)

    def accepts(self, flow: str, inputs: Mapping[str, Any]) -> bool:
        """Whether a flow with these inputs has the answer."""
        return flow == self.flow and all(
            name in inputs and is_same(value, inputs[name]) for name, value in self.inputs.items()
        )


def cases(part: str) -> Iterator[Case]:
    """All questions of one part, group after group."""
    groups = yaml.safe_load((Path(__file__).parent / f"{part}.yaml").read_text(encoding="utf-8"))
    for number, group in enumerate(groups):
        calls = tuple(_read_call(call) for call in group["calls"])
        either = tuple(tuple(map(_read_call, other)) for other in group.get("either", ()))
        for language, questions in group["ask"].items():
            for question in questions:
                yield Case(
                    part,
                    number,
                    language,
                    question,
                    calls,
                    either,
                    group.get("flow", ANALYSIS),
                    group.get("inputs", {}),
                    group.get("answered", "yes") if part in WHOLE else None,
                    tuple(group.get("names", ())),
                )


def _read_call(call: Mapping[str, Any]) -> AcceptedCall:
    ((tools, args),) = call.items()
    return AcceptedCall(frozenset(tools.split("|")), args)
