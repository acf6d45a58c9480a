"""A plan adds up what is written in the file of figures, and grows with the load."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.command_calls import invoke

from fluxagents.flows.errors import FluxError
from fluxagents.workers.commands.services.plan import plan as plan_command
from fluxagents.workers.machine.capacity import Figures, Load, build_plan, load_figures

FIGURES = Figures(
    worker_ms=5,
    redis_ms=1,
    steps=10,
    tool_s=0.95,
    worker_bytes=1e9,
    model_bytes=1e8,
    redis_bytes=0,
    ended_run_bytes=10_000,
    waiting_run_bytes=5_000,
    request_ms=6,
    run_bytes=1_000,
)
LOAD = Load(runs_per_s=10, peak=2, models=3, waiting_share=0.1, waiting_h=1, requests_per_run=10)


def test_a_plan_is_the_sum_of_its_parts() -> None:
    found = build_plan(LOAD, FIGURES)
    # A run takes ten steps of 5 ms and 0.95 s of tools: one second; twenty begin in the busiest second.
    assert found.worker_processes == 29  # 20 / 0.7, rounded up
    assert found.worker_gb == pytest.approx(29 * 1.2)
    assert found.worker_hours_per_day == pytest.approx(240)
    assert found.redis_cores == pytest.approx(0.2)
    # 50,000 that have ended, and one of ten for an hour.
    assert found.redis_gb == pytest.approx((50_000 * 10_000 + 3_600 * 5_000) / 1e9)
    assert found.api_processes == 2
    assert found.store_gb_per_day == pytest.approx(0.864)


def test_the_first_wall_is_the_core_of_redis_unless_many_runs_wait() -> None:
    few = build_plan(LOAD, FIGURES).walls[0]
    assert few.what == "the one core of Redis"
    at_wall = replace(LOAD, runs_per_s=few.runs_per_day / 86_400)
    assert build_plan(at_wall, FIGURES).redis_cores == pytest.approx(0.7)
    many = build_plan(replace(LOAD, waiting_share=1.0, waiting_h=10_000), FIGURES).walls[0]
    assert "wait for a human" in many.what


def test_the_command_prices_what_it_plans() -> None:
    words = ("--runs", "1e6", "--per", "day", "--models", "500")
    assert "price" not in invoke(plan_command, *words).stdout
    priced = invoke(plan_command, *words, "--core-price", "1").stdout
    found = build_plan(Load(runs_per_s=1e6 / 86_400, models=500), load_figures())
    assert f"{24 * (found.worker_processes + found.api_processes + 1):,.2f} a day" in priced


def test_own_figures_are_read_from_a_file_and_a_gap_in_it_is_named(tmp_path: Path) -> None:
    own = tmp_path / "figures.toml"
    own.write_text("[step]\nworker_ms = 1\n")
    with pytest.raises(FluxError, match="lacks 'redis_ms'"):
        load_figures(own)


def test_a_share_that_is_none_is_refused() -> None:
    assert "no share such as 5%" in invoke(plan_command, "--runs", "1", "--waiting", "5", status=2).output


def test_a_small_load_is_told_in_words_and_without_powers_of_ten() -> None:
    shown = invoke(plan_command, "--runs", "100", "--per", "day").stdout
    assert "workers  1 process of a core" in shown
    assert ": 56,000 times this load\n" in shown
