"""What helped against which error, in memory: forgotten when the process ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fluxagents.flows.remedies import Count, ErrorRecord, Lesson


class MemoryLessonBook:
    """For a process on its own and for tests; see `fluxagents.flows.remedies.LessonBook`."""

    def __init__(self) -> None:
        self._records: dict[str, ErrorRecord] = {}
        self._learned: set[str] = set()

    def learn(self, run_id: str, lessons: Sequence[Lesson], at_ms: int) -> bool:
        if run_id in self._learned:
            return False
        self._learned.add(run_id)
        for lesson in lessons:
            self._records[lesson.error.fingerprint] = self._with(lesson, at_ms)
        return True

    def record(self, fingerprint: str) -> ErrorRecord | None:
        return self._records.get(fingerprint)

    def records(self) -> list[ErrorRecord]:
        return sorted(self._records.values(), key=lambda record: (-record.times, record.fingerprint))

    def _with(self, lesson: Lesson, at_ms: int) -> ErrorRecord:
        error = lesson.error
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
        for trial in lesson.trials:
            count = remedies.get(trial.remedy, Count(0, 0))
            remedies[trial.remedy] = Count(count.tried + 1, count.helped + trial.helped)
        return replace(
            known,
            message=error.message,
            times=known.times + lesson.times,
            cases=known.cases + 1,
            resolved=known.resolved + lesson.resolved,
            last_ms=at_ms,
            remedies=remedies,
        )
