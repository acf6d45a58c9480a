"""Schedules as entries of celery-redbeat: kept in Redis, fired by beat."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, assert_never

from celery.schedules import crontab
from celery.schedules import schedule as interval
from redbeat.schedulers import RedBeatSchedulerEntry, ensure_conf, get_redis

from fluxagents.scheduler.schedules.cron_fields import read_cron
from fluxagents.scheduler.schedules.grid import Cron, Every, Timing
from fluxagents.scheduler.schedules.schedule import TICK, Schedule
from fluxagents.workers.celery.queues import CONTROL

if TYPE_CHECKING:
    from celery import Celery

PREFIX = "schedule:"
"""Of the entries' names: beat has entries of its own, such as the reconciler."""

HEALED_WITHIN_S = 3_600
"""At least so often beat knocks for every schedule."""

QUARTERS = (0, 15, 30, 45)
"""Minutes by which the time zones of the world differ from full hours."""


class RedbeatSchedules:
    """The schedule book of an application's beat.

    Args:
        app: The Celery application; its settings name Redis and the prefix of the keys.
    """

    def __init__(self, app: Celery) -> None:
        self._app = app
        ensure_conf(app)

    def add(self, schedule: Schedule, *, replace: bool = False) -> bool:
        if not replace and self.get(schedule.name) is not None:
            return False
        knocks, every_s = knocking(schedule.timing)
        entry = RedBeatSchedulerEntry(
            name=PREFIX + schedule.name,
            task=TICK,
            schedule=knocks,
            # As text: redbeat reads meaning into some of the keys of nested data.
            kwargs={"schedule": schedule.model_dump_json()},
            options={
                "queue": CONTROL.name,
                "expires": max(2 * every_s, 60.0),
                "argsrepr": "",
                "kwargsrepr": repr({"schedule": schedule.name}),
            },
            app=self._app,
        )
        # Saving keeps the time of the last knock, which is the old schedule's or left by a beat that was
        # at the entry while it was removed.
        entry.delete()
        entry.save()
        return True

    def get(self, name: str) -> Schedule | None:
        return self._read(self._key(name))

    def list(self) -> Sequence[Schedule]:
        keys: list[str] = get_redis(self._app).zrange(self._conf.schedule_key, 0, -1)
        ours = self._key("")
        schedules = (self._read(key) for key in keys if key.startswith(ours))
        return sorted((schedule for schedule in schedules if schedule), key=lambda schedule: schedule.name)

    def remove(self, name: str) -> bool:
        if self.get(name) is None:
            return False
        RedBeatSchedulerEntry(name=PREFIX + name, schedule=interval(60), app=self._app).delete()
        return True

    @property
    def _conf(self) -> Any:
        return self._app.redbeat_conf

    def _key(self, name: str) -> str:
        key: str = RedBeatSchedulerEntry.generate_key(self._app, PREFIX + name)
        return key

    def _read(self, key: str) -> Schedule | None:
        try:
            definition = RedBeatSchedulerEntry.load_definition(key, app=self._app)
        except KeyError:
            return None
        return Schedule.model_validate_json(definition["kwargs"]["schedule"])


def knocking(timing: Timing) -> tuple[Any, float]:
    """When beat knocks for a schedule: at every moment of its grid, and at least hourly.

    redbeat counts an interval from when it last fired, and so drifts; knocking twice an interval skips no
    tick all the same. It knows no time zones; knocking every hour needs none.

    Returns:
        Celery's schedule, and the longest pause between two knocks in s.
    """
    if isinstance(timing, Every):
        every_s = timing.seconds / max(2, math.ceil(timing.seconds / HEALED_WITHIN_S))
        return interval(every_s), every_s
    if isinstance(timing, Cron):
        minutes = read_cron(timing.expression).minutes
        if timing.timezone != "UTC":
            # A time that clocks skip is due when they have gone forward, to a full hour or a half.
            minutes = frozenset((minute + shift) % 60 for minute in {0, *minutes} for shift in QUARTERS)
        return crontab(minute=",".join(str(minute) for minute in sorted(minutes))), HEALED_WITHIN_S
    assert_never(timing)
