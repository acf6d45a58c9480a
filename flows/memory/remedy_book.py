"""What helped against which error, in memory: forgotten when the process ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fluxagents.flows.remedies import Count, ErrorCase, ErrorRecord


class MemoryRemedyBook:
    """For a process on its own and for tests; see `fluxagents.flows.ports.remedy_book.RemedyBook`."""

    def __init__(self) -> None:
        self._records: dict[str, ErrorRecord] = {}
        self._learned: set[str] = set()

    def record_outcome(self, run_id: str, cases: Sequence[ErrorCase], at_ms: int) -> bool:
        if run_id in self._learned:
            return False
        self._learned.add(run_id)
        for case in cases:
            self._records[case.error.fingerprint] = self._with(case, at_ms)
        return True

    def record(self, fingerprint: str) -> ErrorRecord | None:
        return self._records.get(fingerprint)

    def records(self) -> list[ErrorRecord]:
        return sorted(self._records.values(), key=lambda record: (-record.times, record.fingerprint))

    def _with(self, case: ErrorCase, at_ms: int) -> ErrorRecord:
        error = case.error
        known = self._records.get(error.fingerprint) or ErrorRecord(
            fingerprint=error.fingerprint,
            kind=str(error.kind),
            where=error.where,
            message="",
            times=0,
            cases=0,
            resolved=0,
            last_ms=0,
            remedies={},
        )
        remedies = dict(known.remedies)
        for trial in case.trials:
            count = remedies.get(trial.remedy, Count(0, 0))
            remedies[trial.remedy] = Count(count.tried + 1, count.helped + trial.helped)
        return replace(
            known,
            message=error.message,
            times=known.times + case.times,
            cases=known.cases + (case.times > 0),
            resolved=known.resolved + case.is_resolved,
            last_ms=at_ms,
            remedies=remedies,
        )
