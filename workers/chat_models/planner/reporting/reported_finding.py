"""A finding as an answer reads it: its values, the question that it answers, and its names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fluxagents.workers.chat_models.planner.reporting.names import Names
from fluxagents.workers.chat_models.planner.reporting.phrases import (
    FLUX,
    count_things,
    find_mark,
    format_number,
    join_words,
    verb_of,
)
from fluxagents.workers.chat_models.planner.situation import Entry

Topics = frozenset[str]
"""Intents and entities (`genes`, `reactions`) that a question asks for; empty for everything."""

MAX_LISTED = 10
"""Of a list, what an answer shows; the tables have the rest."""

OWN_MEDIUM = "in the model's own medium"

_ASKS_YES_OR_NO = re.compile(
    r"^\W*(?:please\s+)?(?:is|are|can|could|does|do|will|would|has|have|kann|ist|sind|wächst|peut|puede)\b",
    re.IGNORECASE,
)
_ABOUT_GROWTH = re.compile(r"\b(?:grow|grows|survive|live|wachsen|wächst|croître|crecer)\b", re.IGNORECASE)
_COMPARES = re.compile(r"\b(?:than|faster|slower|better|worse|more|less|or)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ReportedFinding:
    """One finding and how to speak of it."""

    id: str
    tool: str
    args: Entry
    values: Entry
    topics: Topics = frozenset()
    question: str = ""
    own_medium: str = OWN_MEDIUM
    """What the medium of its model is called, as a phrase."""

    @classmethod
    def of(
        cls, finding: Entry, topics: Topics = frozenset(), question: str = "", own_medium: str = OWN_MEDIUM
    ) -> ReportedFinding:
        """A finding of a prompt, and what is asked."""
        args = finding.get("args", {})
        return cls(finding["id"], finding["tool"], args, finding["found"], topics, question, own_medium)

    @property
    def names(self) -> Names:
        """What its ids are called."""
        return Names.of(self.values)

    @property
    def status(self) -> str:
        """How the optimum was found; `optimal` for tools without one."""
        return str(self.values.get("status", "optimal"))

    @property
    def growth(self) -> float | None:
        """Growth under the conditions, 1/h."""
        growth = self.values.get("growth_per_h")
        return growth if isinstance(growth, int | float) else None

    @property
    def asks_yes_or_no(self) -> bool:
        """Whether the question wants a yes or a no."""
        return _ASKS_YES_OR_NO.match(self.question) is not None

    @property
    def asks_whether_it_grows(self) -> bool:
        """Whether the question is whether something grows."""
        question = self.question
        is_plain = _ABOUT_GROWTH.search(question) is not None and _COMPARES.search(question) is None
        return self.asks_yes_or_no and is_plain and self.topics <= {"growth"}

    def asks(self, pattern: str) -> bool:
        """Whether the question has these words."""
        return re.search(pattern, self.question, re.IGNORECASE) is not None

    def get(self, name: str) -> Any:
        """A value; None if the finding has none of this name."""
        return self.values.get(name)

    def count(self, name: str) -> int:
        """How long a list is; 0 for one that is absent."""
        listing = self.values.get(name)
        return int(listing["count"]) if isinstance(listing, Mapping) and "count" in listing else 0

    def list_ids(self, name: str) -> str:
        """The first ids of a list, and where the rest is; long lists have reactions by id alone."""
        return self.write_ids(self.values[name])

    def write_ids(self, listing: Entry) -> str:
        """As `list_ids`, of any list."""
        ids = [str(identifier) for identifier in listing["ids"][:MAX_LISTED]]
        short = len(ids) > MAX_LISTED // 2
        return self._add_rest([self.names.write_reaction(name, short=short) for name in ids], listing)

    def write_nutrients(self, listing: Entry) -> str:
        """As `write_ids`, exchanges by what they take up."""
        return self._add_rest([self.names.write(str(name)) for name in listing["ids"][:MAX_LISTED]], listing)

    def write_fluxes(
        self, listing: Entry, unit: str = FLUX, limit: int = MAX_LISTED, ranges: Entry | None = None
    ) -> str:
        """Numbers by name, the unit once: `oxygen 21.8 and D-glucose 10 mmol/gDW/h`.

        Args:
            listing: A list of numbers by id.
            unit: Of all numbers.
            limit: How many are written.
            ranges: Id -> least and greatest value, written in brackets beside the number: `7.5 (7.5 to 7.6)`.
        """
        pairs = [
            f"{self.names.write_short(name)} {'none' if value is None else format_number(value)}"
            f"{_write_range((ranges or {}).get(name))}"
            for name, value in list(listing["values"].items())[:limit]
        ]
        return self._add_rest(pairs, listing, f" {unit}" if unit else "")

    def _add_rest(self, words: list[str], listing: Entry, unit: str = "") -> str:
        if len(words) >= listing["count"]:
            return f"{join_words(words)}{unit}"
        mark = find_mark(words)
        where = f"in the tables of {self.id}"
        return f"{mark.join(words)}{unit}{mark}and the rest {where}" if words else f"all {where}"

    def list_all(self, name: str, noun: str, predicate: str, plural: str = "") -> Iterator[str]:
        """A sentence on a list, if it has entries: `8 reactions are blocked: A, B`."""
        count = self.count(name)
        if count:
            what = count_things(count, noun, plural)
            yield f"{what} {verb_of(count)} {predicate}: {self.list_ids(name)}."


def _write_range(ends: Sequence[float | None] | None) -> str:
    """A range as it stands beside a number; nothing where there is none."""
    if ends is None:
        return ""
    least, greatest = ("no limit" if end is None else format_number(end) for end in ends)
    return f" ({least} to {greatest})"
