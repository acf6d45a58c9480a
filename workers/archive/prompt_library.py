"""The prompts of an installation, and what its runs say about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fluxagents.flows.events import RunStarted
from fluxagents.flows.people.ratings import find_ratings
from fluxagents.prompts.statistics.figures import PromptTrial, trials
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.workers.archive.histories import open_histories
from fluxagents.workers.redis import connection
from fluxagents.workers.redis.people.remark_book import RedisRemarkBook
from fluxagents.workers.redis.prompt_store import RedisPromptStore
from fluxagents.workers.settings import Settings


def open_prompts(settings: Settings) -> PromptManager:
    """The prompts that all workers share; raises if Redis cannot be reached."""
    redis = connection.connect(settings, decode_responses=False)
    return PromptManager(store=RedisPromptStore(redis, prefix=settings.key_prefix))


def read_trials(
    settings: Settings, *, limit: int, select: Callable[[RunStarted], bool] = lambda _: True
) -> Mapping[str, tuple[PromptTrial, ...]]:
    """What the newest runs say about prompts, in Redis or archived: sha256 of the version -> its trials.

    Args:
        settings: Of the installation.
        limit: So many runs are looked at.
        select: Which of them count.
    """
    redis = connection.connect(settings, decode_responses=False)
    remarks = RedisRemarkBook(redis, prefix=settings.key_prefix)
    by_digest: dict[str, list[PromptTrial]] = {}
    for history in open_histories(settings).newest(limit):
        if not select(history.started):
            continue
        for trial in trials(history.events, find_ratings(remarks.of(history.run_id))):
            by_digest.setdefault(trial.digest, []).append(trial)
    return {digest: tuple(of_version) for digest, of_version in by_digest.items()}
