"""A schedule: what is started and when, and what becomes of ticks that meet an open run or were missed."""

from __future__ import annotations

import hashlib
from typing import Literal

from pydantic import Field, JsonValue

from fluxagents.flows.events import Frozen, Lane
from fluxagents.flows.people.actor import SYSTEM
from fluxagents.scheduler.runs.run_ids import run_id
from fluxagents.scheduler.schedules.grid import Timing, due_times, following, latest

TICK = "schedule.tick"
"""The Celery task that beat sends; see `fluxagents.scheduler.schedules.tick_task`."""

NAME = r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}$"

Overlap = Literal["allow", "skip", "buffer_one", "cancel_old"]
"""What a tick does while the run of the tick before it is open: start beside it, not start, start when that
has ended, or cancel it and start."""

CatchUp = Literal["none", "last", "all"]
"""Which of the ticks that nobody was there for are made up for."""

MAX_CATCH_UP = 1_000
MAX_JITTER_S = 86_400.0


class Schedule(Frozen):
    """What is started, and when."""

    name: str = Field(pattern=NAME)
    flow: str
    """A name, looked up at every tick, or the digest of a stored flow, which is always the same."""
    flow_name: str = ""
    """What a flow that is named by its digest is called; empty for one that is named by its name."""
    model: str
    """A stored model's name, looked up at every tick, or a digest, which is always the same model."""
    inputs: dict[str, JsonValue]
    timing: Timing
    lane: Lane = "bulk"
    overlap: Overlap = "allow"
    catch_up: CatchUp = "last"
    catch_up_limit: int = Field(default=100, ge=1, le=MAX_CATCH_UP)
    """With `all`, the most ticks that are made up for at once, the last ones."""
    jitter_s: float = Field(default=0.0, ge=0.0, le=MAX_JITTER_S)
    """Each tick starts its run by up to so much later, always the same tick by the same time."""
    reply_to: str = ""
    """The webhook that is told how its runs go; empty for none."""
    created_ms: int
    owner: str = SYSTEM
    """Who added it; its runs are theirs. Of early versions it is nobody's."""

    @property
    def flow_text(self) -> str:
        """The flow as people read it."""
        return f"{self.flow_name} ({self.flow[:12]})" if self.flow_name else self.flow

    @property
    def session(self) -> str:
        """The session that all runs of the schedule share."""
        return name_session(self.name)

    def last_tick(self, now_ms: int) -> int | None:
        """When, as Unix time in ms, it was last due; None before the first one."""
        return latest(self.timing, start_ms=self.created_ms, now_ms=now_ms)

    def next_tick(self, now_ms: int) -> int:
        """When, as Unix time in ms, it is due next."""
        return following(self.timing, start_ms=self.created_ms, now_ms=now_ms)

    def ticks(self, *, after_ms: int, until_ms: int, limit: int) -> list[int]:
        """The last ticks of a span in order, as Unix times in ms, also those before the schedule was made."""
        return due_times(
            self.timing, start_ms=self.created_ms, after_ms=after_ms, until_ms=until_ms, limit=limit
        )

    def start_ms(self, tick_ms: int) -> int:
        """When the run of a tick starts: at the tick, or later by its share of the jitter."""
        jitter_ms = round(self.jitter_s * 1_000)
        digest = hashlib.sha256(f"{self.name}|{tick_ms}".encode()).digest()
        return tick_ms + int.from_bytes(digest[:8]) % (jitter_ms + 1)

    def tick_run(self, tick_ms: int) -> str:
        """The id of the run that a tick starts, whoever starts it and however often."""
        return run_id(tick_ms, key=self.name)


def name_session(schedule: str) -> str:
    """The session that the runs of the schedule of this name share."""
    return f"schedule:{schedule}"
