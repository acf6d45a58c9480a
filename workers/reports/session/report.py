"""What the report of a session says, whatever it is written as."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from fluxagents.flows.people.ratings import find_ratings
from fluxagents.flows.people.remarks import OPINIONS, Remark
from fluxagents.flows.ports.session import SessionEntry
from fluxagents.flows.state import RunState
from fluxagents.flows.statistics.run_clusters import Cluster
from fluxagents.prompts.statistics.agreement import describe_agreement, measure_agreement
from fluxagents.scheduler.batches.batch_tables import SummaryRow, summary_rows
from fluxagents.scheduler.batches.batches import Tally

MAX_QUESTIONS = 5
MAX_ANSWERS = 14
MAX_NOTES = 6
MAX_BARS = 16
"""What fits on a page; what is left out is counted."""


OWN_MEDIUM = "as in the model"
"""The condition of a run that changes none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionReport:
    """The contents of a report."""

    entry: SessionEntry
    states: Sequence[RunState]
    clusters: Sequence[Cluster]
    written: str
    """When, as people read it."""
    remarks: Mapping[str, Sequence[Remark]] = field(default_factory=dict)
    """Run -> what people said about it."""
    currency: str = ""
    """Of the costs; empty if no prices are known."""

    @property
    def title(self) -> str:
        session = self.entry.session
        return session.label or f"Session {session.name}"

    @property
    def facts(self) -> list[tuple[str, str]]:
        """Name and value, as they stand below the title."""
        session = self.entry.session
        facts = [
            ("session", session.name),
            ("status", session.status),
            ("owner", session.owner),
            ("forked from", session.forked_from),
            ("unverified", session.unverified),
            ("runs", str(Tally.of(self.states, total=len(self.states)))),
            ("written", self.written),
        ]
        return [(name, value) for name, value in facts if value]

    @property
    def costs(self) -> list[tuple[str, str]]:
        """What was used, of what budget."""
        budget, usage = self.entry.session.budget, self.entry.usage
        currency = f" {self.currency}" if self.currency else ""
        money = f"{usage.money:.4g}{currency}" if not usage.unpriced_tokens else "not known"
        costs = [
            ("tokens", f"{usage.tokens:,}", "" if budget.tokens is None else f"{budget.tokens:,}"),
            ("money", money, "" if budget.money is None else f"{budget.money:g}{currency}"),
            (
                "processor minutes",
                f"{usage.processor_minutes:.3g}",
                "" if budget.processor_minutes is None else f"{budget.processor_minutes:g}",
            ),
            ("runs", f"{usage.runs:,}", "" if budget.runs is None else f"{budget.runs:,}"),
        ]
        return [(what, f"{used} of {allowed}" if allowed else used) for what, used, allowed in costs]

    @property
    def questions(self) -> list[tuple[str, str, int, str]]:
        """What was asked, its condition, by how many runs, and their outcomes; the most frequent first."""
        return [
            (
                cluster.question,
                cluster.condition or OWN_MEDIUM,
                len(cluster.runs),
                ", ".join(f"{count} {outcome}" for outcome, count in cluster.outcomes.items()),
            )
            for cluster in self.clusters[:MAX_QUESTIONS]
        ]

    @property
    def answers(self) -> list[SummaryRow]:
        """A row per run and condition."""
        return summary_rows(state for state in self.states if not state.parent)

    @property
    def notes(self) -> list[str]:
        """Where answers disagree, and what stands out, a line each."""
        return list(self._describe_findings())

    @property
    def opinions(self) -> list[str]:
        """What people gave the runs, how far they agree, and who has said how much, a line each."""
        units = [stars for said in self.remarks.values() for stars in find_ratings(said).values()]
        credit: dict[str, Counter[str]] = {}
        for remark in (remark for said in self.remarks.values() for remark in said):
            if isinstance(remark.body, OPINIONS):
                credit.setdefault(remark.by, Counter())[remark.body.kind] += 1
        lines = []
        if units:
            stars = [number for unit in units for number in unit.values()]
            lines.append(f"rated {fmean(stars):.2f} of 5 on average, by {len(stars):,} ratings")
            lines.append(describe_agreement(measure_agreement(units)))
        if credit:
            people = (f"{person} ({_count_kinds(kinds)})" for person, kinds in sorted(credit.items()))
            lines.append(f"credit: {', '.join(people)}")
        return lines

    def _describe_findings(self) -> Iterator[str]:
        for cluster in self.clusters:
            for each in cluster.disagreements:
                values = ", ".join(dict.fromkeys(_format(value) for value in each.values.values()))
                yield f"{each.model}, {_shorten(cluster.question)}: runs disagree on {each.what}: {values}"
            for outlier in cluster.outliers:
                yield (
                    f"{outlier.model}, {_shorten(cluster.question)}: {outlier.what} = {outlier.value:.4g} "
                    f"stands out (median {outlier.median:.4g}, z {outlier.score:.1f})"
                )


def describe_rest(total: int, shown: int, what: str) -> str:
    """How many are not on the page; empty if all are."""
    return f"{total - shown:,} more {what}" if total > shown else ""


def _format(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.6g}"


def _shorten(text: str, limit: int = 60) -> str:
    return text if len(text) <= limit else f"{text[:limit].rstrip()} …"


def _count_kinds(kinds: Counter[str]) -> str:
    """`2 ratings, 1 comment`."""
    return ", ".join(f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in sorted(kinds.items()))
