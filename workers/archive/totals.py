"""The runs of an installation added up, in Redis and in the archive, with the runs that they began."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from fluxagents.flows.errors import FluxError
from fluxagents.flows.history.run_record import RunRecord, record_of
from fluxagents.flows.statistics.run_statistics import Statistics
from fluxagents.prompts.statistics.costs import Prices, Usage, cost
from fluxagents.workers.archive.histories import Choice, Histories, History, Progress, Storage, Unreadable


@dataclass(slots=True)
class RunTotals:
    """What runs add up to."""

    statistics: Statistics = field(default_factory=Statistics)
    counts: dict[Storage, int] = field(default_factory=lambda: {"redis": 0, "archive": 0})
    unreadable: list[Unreadable] = field(default_factory=list)

    def document(self, prices: Prices | None) -> dict[str, Any]:
        """All figures as scripts read them."""
        first_ms, last_ms = self.statistics.first_ms, self.statistics.last_ms
        return {
            **self.statistics.document(),
            "cost": self._cost(prices),
            "first_started": _format_time(first_ms),
            "last_started": _format_time(last_ms),
            "in_redis": self.counts["redis"],
            "in_archive": self.counts["archive"],
            "unreadable": [{"run": run.name, "why": run.why} for run in self.unreadable],
        }

    def _cost(self, prices: Prices | None) -> dict[str, Any]:
        used = {
            name: Usage(usage.calls - usage.refused, usage.tokens_in, usage.tokens_cached, usage.tokens_out)
            for name, usage in self.statistics.chat_models.items()
        }
        return asdict(cost(used, prices))


def add_up(
    histories: Histories,
    choice: Choice,
    *,
    children: bool = False,
    keep: Callable[[RunRecord], object] = lambda _: None,
    show: Callable[[Progress], object] = lambda _: None,
) -> RunTotals:
    """Add up the chosen runs.

    Args:
        histories: All runs.
        choice: Which of them.
        children: Whether runs that another run began count as runs of their own.
        keep: Is given each run that counts.
        show: Is told how far it is.
    """
    totals = RunTotals()
    for item, progress in histories.stream(choice):
        show(progress)
        if isinstance(item, Unreadable):
            totals.unreadable.append(item)
        elif isinstance(item, History):
            for history, record, root in _with_children(histories, item, totals.unreadable):
                if root is record or children:
                    totals.statistics.add(record)
                    keep(record)
                    totals.counts[history.storage] += 1
                else:
                    totals.statistics.add_child(record, root)
    return totals


def _with_children(
    histories: Histories, history: History, unreadable: list[Unreadable]
) -> Iterator[tuple[History, RunRecord, RunRecord]]:
    """A run and the runs that it began, each with its record and the record of the first."""
    root: RunRecord | None = None
    for item in chain([history], histories.children(history)):
        if isinstance(item, Unreadable):
            unreadable.append(item)
            continue
        try:
            record = record_of(item.events)
        except FluxError as error:
            unreadable.append(Unreadable(item.run_id, error.message))
            if root is None:
                return
            continue
        root = root or record
        yield item, record, root


def _format_time(at_ms: int | None) -> str | None:
    """Unix time in ms as ISO 8601 in UTC."""
    if at_ms is None:
        return None
    return datetime.fromtimestamp(at_ms / 1_000, tz=UTC).isoformat(timespec="milliseconds")
