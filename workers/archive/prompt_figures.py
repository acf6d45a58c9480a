"""How the versions of a prompt do, from the newest runs: figures of each, and two side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fluxagents.prompts.statistics.comparison import MetricDifference, compare, estimate
from fluxagents.prompts.statistics.costs import Prices, cost, total
from fluxagents.prompts.statistics.figures import METRICS, PromptTrial
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.prompts.versions.record import TrialPeriod, find_trial_period
from fluxagents.workers.archive.prompt_library import read_trials
from fluxagents.workers.files.price_file import load_prices
from fluxagents.workers.settings import Settings


@dataclass(frozen=True, slots=True)
class PromptComparison:
    """Two versions of a prompt side by side."""

    old: str
    new: str
    period: TrialPeriod | None
    """The experiment whose runs count; without one all do, and versions were not assigned by chance."""
    differences: tuple[MetricDifference, ...]


def list_figures(settings: Settings, name: str | None, *, limit: int) -> list[dict[str, Any]]:
    """The figures of each version of a prompt, or of all prompts, that a run has used.

    Args:
        settings: Of the installation.
        name: Of the prompt; all if absent.
        limit: So many runs are looked at, the newest first.
    """
    prices = load_prices(settings)
    groups = [
        trials for trials in read_trials(settings, limit=limit).values() if name in {None, trials[0].name}
    ]
    return sorted(
        (_add_up(trials, prices) for trials in groups), key=lambda row: (row["name"], int(row["version"]))
    )


def compare_versions(
    settings: Settings, manager: PromptManager, name: str, old: str, new: str, *, limit: int
) -> PromptComparison:
    """Two versions, from the runs of the last experiment that had both; from all runs if none had.

    Raises:
        FluxError: `UNKNOWN_ID` for the prompt or a version.
    """
    before, after = manager.versions.find(name, old), manager.versions.find(name, new)
    period = find_trial_period(manager.versions.read_log(name), (before.digest, after.digest))
    trials = read_trials(settings, limit=limit, select=lambda run: period is None or period.covers(run.at_ms))
    differences = compare(trials.get(before.digest, ()), trials.get(after.digest, ()))
    return PromptComparison(before.version, after.version, period, differences)


def _add_up(trials: Sequence[PromptTrial], prices: Prices | None) -> dict[str, Any]:
    calls = sum(trial.calls for trial in trials)
    used = total(trial.taken for trial in trials)
    return {
        "name": trials[0].name,
        "version": trials[0].version,
        "digest": trials[0].digest,
        "runs": len(trials),
        "calls": calls,
        "tokens_in": sum(trial.tokens_in for trial in trials),
        "tokens_out": sum(trial.tokens_out for trial in trials),
        "tokens_per_call": sum(trial.tokens_in + trial.tokens_out for trial in trials) / calls,
        "chat_models": {name: asdict(usage) for name, usage in used.items()},
        "cost": cost(used, prices),
        "seconds_per_call": sum(trial.duration_ms for trial in trials) / calls / 1_000,
        "invalid_answers": sum(trial.invalid_answers for trial in trials),
        "no_answers": sum(trial.no_answers for trial in trials),
        "tool_calls": sum(trial.tool_calls for trial in trials),
        "tool_errors": sum(trial.tool_errors for trial in trials),
        "success": estimate(METRICS["success"], trials),
        "rating": estimate(METRICS["rating"], trials),
    }
