"""What helped against which error, in Redis: counted once for each run, forgotten when it stays away."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.resources import files

from redis import Redis

from fluxagents.flows.remedies import Count, ErrorCase, ErrorRecord

KEPT_S = 90 * 86_400
"""An error that did not occur for so long is forgotten, so that the book is bounded."""

COUNTED_S = 7 * 86_400
"""How long it is known that a run was counted: the longest that a run may last by default."""

_TRIED, _HELPED = "tried ", "helped "


class RedisRemedyBook:
    """As `fluxagents.flows.ports.remedy_book.RemedyBook`, under one key prefix.

    Args:
        redis: A client that returns bytes.
        prefix: What every key begins with.
    """

    def __init__(self, redis: Redis, *, prefix: str = "flux:") -> None:
        self._redis = redis
        self._index = f"{prefix}errors"
        self._error = f"{prefix}error:"
        self._counted = f"{prefix}learned:"
        script = files("fluxagents.workers.redis") / "lua" / "record_remedies.lua"
        self._record_outcome = redis.register_script(script.read_text())

    def record_outcome(self, run_id: str, cases: Sequence[ErrorCase], at_ms: int) -> bool:
        keys = [self._counted + run_id, self._index]
        keys += [self._error + case.error.fingerprint for case in cases]
        documents = [json.dumps(_count(case)) for case in cases]
        return bool(self._record_outcome(keys=keys, args=[COUNTED_S, KEPT_S, at_ms, *documents]))

    def record(self, fingerprint: str) -> ErrorRecord | None:
        raw: dict[bytes, bytes] = self._redis.hgetall(self._error + fingerprint)  # type: ignore[assignment]
        return _record(fingerprint, raw) if raw else None

    def records(self) -> list[ErrorRecord]:
        names: list[bytes] = self._redis.zrange(self._index, 0, -1)  # type: ignore[assignment]
        pipe = self._redis.pipeline(transaction=False)
        for name in names:
            pipe.hgetall(self._error + name.decode())
        records = [
            _record(name.decode(), raw) for name, raw in zip(names, pipe.execute(), strict=True) if raw
        ]
        return sorted(records, key=lambda record: (-record.times, record.fingerprint))


def _count(case: ErrorCase) -> dict[str, object]:
    counts = Counter(f"{_TRIED}{trial.remedy}" for trial in case.trials)
    counts += Counter(f"{_HELPED}{trial.remedy}" for trial in case.trials if trial.helped)
    return {
        "fingerprint": case.error.fingerprint,
        "kind": str(case.error.kind),
        "where": case.error.where,
        "message": case.error.message,
        "counts": {
            **counts,
            "times": case.times,
            "cases": int(case.times > 0),
            "resolved": int(case.is_resolved),
        },
    }


def _record(fingerprint: str, raw: Mapping[bytes, bytes]) -> ErrorRecord:
    fields = {name.decode(): value.decode() for name, value in raw.items()}
    remedies = sorted(name.removeprefix(_TRIED) for name in fields if name.startswith(_TRIED))
    return ErrorRecord(
        fingerprint=fingerprint,
        kind=fields["kind"],
        where=fields["where"],
        message=fields["message"],
        times=int(fields["times"]),
        cases=int(fields["cases"]),
        resolved=int(fields["resolved"]),
        last_ms=int(fields["last_ms"]),
        remedies={
            remedy: Count(int(fields[_TRIED + remedy]), int(fields.get(_HELPED + remedy, "0")))
            for remedy in remedies
        },
    )
