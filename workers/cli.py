"""The command `fluxagents`: a list of commands, each imported when it is called."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from io import StringIO
from typing import NoReturn

import click

from fluxagents.flows.texts.display import visible
from fluxagents.tasks.library_warnings import log_library_warnings
from fluxagents.workers.commands.display.lazy_group import LazyGroup
from fluxagents.workers.commands.display.options import JSON_FLAG, examples

COMMANDS = {
    "up": ("services.services:up", "Start everything on this machine: Redis, workers, beat, Flower, API."),
    "down": ("services.services:down", "Stop what `fluxagents up` started."),
    "status": ("services.services:status", "Show the services that `fluxagents up` started."),
    "worker": ("services.services:worker", "Run one worker in the foreground, for production."),
    "beat": ("services.services:beat", "Run the scheduler in the foreground, for production."),
    "flower": ("services.services:flower", "Run Flower in the foreground, read-only."),
    "api": ("services.services:api", "Run the HTTP API in the foreground."),
    "demo": ("services.demo:demo", "Start everything, analyse three real models, and stop."),
    "url": (
        "services.url:url",
        "Print the URL of Redis, Flower or the API, for other programs.",
    ),
    "page": ("services.page:page", "Print a link that signs you in to the page."),
    "people": ("people.people:people", "List people, let them in, and say what they may do."),
    "api-keys": ("people.api_keys:api_keys", "Create, list and revoke keys by which programs act."),
    "audit": ("people.audit:audit", "List what people did, and check the log of it."),
    "keys": ("services.keys:keys", "Show, create and rotate the keys that sign messages and exported runs."),
    "backup": ("services.backup:backup", "Write the whole installation into one file, while it runs."),
    "restore": ("services.backup:restore", "Put a backup into an empty data folder."),
    "metrics": ("services.metrics:metrics", "Show what is measured, as Prometheus reads it."),
    "logs": ("services.logs:logs", "Show what all nodes logged about a run, or change how much is logged."),
    "plan": ("services.plan:plan", "Say how many workers and what Redis a load needs, and what it costs."),
    "doctor": ("services.doctor:doctor", "Check the installation and say what to do about each problem."),
    "ask": ("runs.ask:ask", "Put a question to a model, and wait for the answer."),
    "run": ("runs.run:run", "Run a flow on a model, and wait for the answer."),
    "runs": ("runs.runs:runs", "List runs, show one, follow, pause, resume or cancel it."),
    "sessions": (
        "sessions.sessions:sessions",
        "List sessions, limit, share, compare, report, archive or fork them.",
    ),
    "stats": ("stats.stats:stats", "Add up runs: durations, tools, tokens, errors, approvals, retries."),
    "approvals": ("approvals.approvals:approvals", "List what waits for a human, and answer it."),
    "inbox": ("collaboration.inbox:inbox", "Show what waits for you."),
    "eval": ("evaluation.evaluation:evaluation", "Make evaluation cases of corrections, and run them."),
    "batch": ("batches.batch:batch", "Run a flow over many models and conditions."),
    "schedules": ("triggers.schedules.schedules:schedules", "List, add, pause and remove schedules."),
    "triggers": ("triggers.triggers:triggers", "List, add, pause and remove what starts runs by events."),
    "webhooks": (
        "triggers.webhooks.webhooks:webhooks",
        "List, add, test and remove addresses that are told of events.",
    ),
    "channels": ("services.channels:channels", "Show mail and Slack, and what became of their messages."),
    "tools": ("tools.tools:tools", "List the tools, show their arguments, or call one."),
    "flows": ("flows.flows:flows", "List, show, draw, check and test flows."),
    "prompts": (
        "prompts.prompts:prompts",
        "Show, test, version and compare prompts, and show what a decision sent.",
    ),
    "errors": ("stats.errors:errors", "Show what goes wrong most often, and what helps."),
    "models": ("models.models:models", "List, add and inspect metabolic models."),
    "genomes": ("models.genomes:genomes", "Read genomes, and draft models from them."),
    "artifacts": ("artifacts.artifacts:artifacts", "List, show, export and plot the full data of results."),
    "frog": (
        "models.frog:frog",
        "Write a FROG bundle of a model: reference results that others can reproduce.",
    ),
    "biochem": ("models.biochem:biochem", "Import names and ids of compounds and reactions."),
    "media": ("models.media:media", "List and show media, also as a model sees them."),
}
"""Name -> (module:attribute below `fluxagents.workers.commands`, help). Static: help imports nothing."""

BAD_USAGE = frozenset({"unknown_id", "bad_argument", "medium", "unreadable_model", "bad_flow", "schema"})
"""Kinds of errors that the caller can correct: exit status 2."""


@click.group(
    cls=LazyGroup,
    commands_below=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples(
        "fluxagents up",
        'fluxagents ask "which genes are essential on acetate?" --model textbook --wait',
        "fluxagents runs",
        "fluxagents doctor",
    ),
)
@click.version_option(package_name="fluxagents", prog_name="fluxagents")
def cli() -> None:
    """Durable LLM agents for metabolic modelling, on Celery and Redis."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line; an error is one line on standard error, or a JSON document with `--json`.

    A fault of the program itself is a traceback.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with log_library_warnings():
            status = cli.main(args=words, prog_name="fluxagents", standalone_mode=False)
    except click.exceptions.Exit as exit_request:
        sys.exit(exit_request.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        sys.exit(130)
    except click.ClickException as error:
        if JSON_FLAG in words:
            _print_error("bad_argument", error.format_message(), ())
        else:
            _show(error)
        sys.exit(error.exit_code)
    except Exception as error:  # noqa: BLE001 # an unknown error is shown whole below
        sys.exit(_report(error, as_json=JSON_FLAG in words))
    sys.exit(status if isinstance(status, int) else 0)


def _show(error: click.ClickException) -> None:
    text = StringIO()
    error.show(text)
    click.echo(visible(text.getvalue()), err=True, nl=False)


def _report(error: Exception, *, as_json: bool) -> int:
    # Celery's and Redis's errors take 0.3 s to import, and only a command that fails needs them.
    from fluxagents.workers.commands.display.failures import explain_error, print_error, print_fault  # noqa: PLC0415

    known = explain_error(error)
    if known is None:
        print_fault(error)
        return 1
    if as_json:
        _print_error(str(known.kind), known.message, known.suggestions)
    else:
        print_error(known)
    return 2 if known.kind in BAD_USAGE else 1


def _print_error(kind: str, message: str, suggestions: Sequence[str]) -> None:
    click.echo(
        json.dumps(
            {"error": {"kind": kind, "message": message, "suggestions": list(suggestions)}},
            indent=2,
        ),
    )


if __name__ == "__main__":
    main()
