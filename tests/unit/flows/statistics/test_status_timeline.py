"""How many runs stood where at which time."""

from __future__ import annotations

from tests.support.story import whole

from fluxagents.flows import events as e
from fluxagents.flows.history.run_record import record_of
from fluxagents.flows.statistics.status_timeline import StatusTimeline


def test_runs_are_counted_by_status_from_the_first_change_to_the_last() -> None:
    timeline = StatusTimeline()
    ended = whole("a", start_ms=0)
    end_ms = ended[-1].at_ms
    timeline.add(record_of(ended))
    begun = whole("b", start_ms=end_ms)[:1]
    paused = e.RunPaused(seq=1, at_ms=2 * end_ms, by="ada")
    timeline.add(record_of([*begun, paused]))
    first, middle, last = timeline.moments(3)
    assert (first.at_ms, first.runs) == (0, {"running": 1})
    assert (middle.at_ms, middle.runs) == (end_ms, {"finished": 1, "running": 1})
    assert (last.at_ms, last.runs) == (2 * end_ms, {"finished": 1, "paused": 1})


def test_no_runs_have_no_moments() -> None:
    assert StatusTimeline().moments() == []
