"""The prompts of an installation, and what its runs say about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fluxagents.flows.ports import RunStore
from fluxagents.flows.state import RunState
from fluxagents.prompts.figures import Trial, trials
from fluxagents.prompts.manager import PromptManager
from fluxagents.workers import connection
from fluxagents.workers.ratings import RedisRatings
from fluxagents.workers.redis_prompts import RedisPromptStore
from fluxagents.workers.redis_store import RedisRunStore
from fluxagents.workers.settings import Settings


def open_prompts(settings: Settings) -> PromptManager:
    """The prompts that all workers share; raises if Redis cannot be reached."""
    redis = connection.connect(settings, decode_responses=False)
    return PromptManager(store=RedisPromptStore(redis, prefix=settings.key_prefix))


def recorded_trials(
    settings: Settings, *, most: int, wanted: Callable[[RunState], bool] = lambda _: True
) -> Mapping[str, tuple[Trial, ...]]:
    """What the newest runs in Redis say about prompts: sha256 of the version -> its trials.

    Args:
        settings: Of the installation.
        most: So many runs are looked at.
        wanted: Which of them count.
    """
    redis = connection.connect(settings, decode_responses=False)
    store: RunStore = RedisRunStore(redis, prefix=settings.key_prefix)
    runs = [state.run_id for state in store.runs(most=most) if state.prompts and wanted(state)]
    ratings = RedisRatings(redis, prefix=settings.key_prefix).of(runs)
    found: dict[str, tuple[Trial, ...]] = {}
    for run_id in runs:
        rating = ratings.get(run_id)
        for trial in trials(store.events(run_id), rating.stars if rating else None):
            found[trial.digest] = (*found.get(trial.digest, ()), trial)
    return found
