"""`fluxagents demo`: the main job from start to end, each step a command that anybody can type."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from fluxagents.scheduler.runs.run_ids import run_id
from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.display.options import examples
from fluxagents.workers.commands.display.output import echo, print_table
from fluxagents.workers.commands.services.url import find_api_url, find_flower_url
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.settings import Settings

MODELS = ("e_coli_core", "iJO1366", "salmonella")
QUESTIONS = ("How fast does it grow?", "Which genes are essential for growth?")
CHANGE = "Set the glucose uptake to 18.5 mmol/gDW/h for good. How fast does it grow then?"
WAITS = 3
"""Exit status of a run that waits for a human."""


@click.command(epilog=examples("fluxagents demo", "fluxagents demo --keep"))
@click.option("--keep", is_flag=True, help="Leave the services running at the end.")
def demo(keep: bool) -> None:
    """Start everything, analyse three real models, approve a change, and stop.

    Uses the data folder of FLUXAGENTS_DATA_DIR and the built-in planner unless another is set.
    """
    settings = Settings.load()
    session = f"demo-{run_id(SystemClock().now_ms())}"
    table = settings.data_dir / "reports" / "findings.csv"
    table.parent.mkdir(parents=True, exist_ok=True)
    fluxagents("up", "--detach")
    try:
        say("Three models, two questions each, as one batch:")
        models = [word for model in MODELS for word in ("--model", model)]
        questions = [word for question in QUESTIONS for word in ("--question", question)]
        fluxagents(
            "batch",
            "metabolic_analysis",
            *models,
            *questions,
            "--session",
            session,
            "--table",
            str(table),
            "--wait",
        )
        _growth_rates(session)
        _approval(session)
        tell_places(settings, table)
    finally:
        if not keep:
            fluxagents("down")


def tell_places(settings: Settings, table: Path) -> None:
    """Say where the results are, and what watches; ports may be others than in the settings."""
    api = find_api_url(settings)
    say(f"All findings as one table: {table}")
    say(f"Artifacts with the full data: {settings.artifact_url}")
    say(f"Flower, read-only: {find_flower_url(settings)} (while the services run)")
    say(f"Health: {api}/healthz?verbose")
    say(
        f"Metrics for Prometheus: {api}/metrics (with a key of `fluxagents api-keys create`), or `fluxagents"
        " metrics`; dashboards: *Operations* of `fluxagents page`, and for Grafana docs/metrics.md"
    )
    say(f"Logs: {settings.log_dir}")


def _growth_rates(session: str) -> None:
    say("Growth, each under the medium of its own file:")
    growth_rates: dict[str, float] = {}
    for state in CommandClient().store.runs(session=session, status="finished"):
        growth = state.facts.get("growth_per_h")
        if isinstance(growth, float):
            growth_rates.setdefault(state.model_name, growth)
    rows = [
        (model, f"{growth_rates[model]:.4f}" if model in growth_rates else "no result") for model in MODELS
    ]
    print_table(("model", "growth (1/h)"), rows)


def _approval(session: str) -> None:
    say("A question whose answer changes the model: the run stops until a human agrees.")
    fluxagents(
        "run",
        "metabolic_analysis",
        "--model",
        "e_coli_core",
        "--question",
        CHANGE,
        "--session",
        session,
        "--wait",
        allowed=(WAITS,),
    )
    fluxagents("approvals", "list")
    request = _waiting(CommandClient(), session)
    say("Here the demo plays the human and gives its approval:")
    fluxagents("approvals", "approve", request, "--by", "demo")
    fluxagents("runs", "watch", request.partition(".")[0])
    fluxagents("runs", "show", request.partition(".")[0])


def _waiting(client: CommandClient, session: str) -> str:
    for waiting_run, request in client.store.requests():
        if client.store.load(waiting_run).session == session:
            return request.id
    raise click.ClickException("no run of the demo waits for an approval")


def say(text: str) -> None:
    """A line of the demo's own."""
    echo(f"\n{text}", bold=True)


def fluxagents(*words: str, allowed: Sequence[int] = (0,)) -> None:
    """Show a command and run it.

    Raises:
        click.ClickException: If it ends with another status than those allowed.
    """
    echo(f"$ fluxagents {shlex.join(words)}", fg="cyan")
    environment = dict(os.environ)
    command = [sys.executable, "-m", "fluxagents.workers.cli", *words]
    status = subprocess.run(command, env=environment, check=False).returncode  # noqa: S603 # our own command
    if status not in allowed:
        raise click.ClickException(f"`fluxagents {words[0]}` ended with status {status}")
