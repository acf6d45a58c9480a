"""`doctor`: is everything in order, and if not, what to do."""

from __future__ import annotations

from pathlib import Path

import click

from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json, print_table
from fluxagents.workers.host.checks import CheckStatus, examine
from fluxagents.workers.host.repairs import repair
from fluxagents.workers.host.support_bundle import write_bundle
from fluxagents.workers.observing.secret_mask import build_mask
from fluxagents.workers.settings import Settings


@click.command(
    epilog=examples(
        "fluxagents doctor",
        "fluxagents doctor --json",
        "fluxagents doctor --fix",
        "fluxagents doctor --bundle support.zip",
    )
)
@click.option("--fix", is_flag=True, help="Mend what can be: rights of the data folder, settings of Redis.")
@click.option(
    "--bundle",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write checks, settings, metrics and logs into a zip file, without secrets.",
)
@json_option
def doctor(*, fix: bool, bundle: Path | None, as_json: bool) -> int:
    """Check Redis, workers, beat, Flower, tokens and the chat model. Exit status 1 if anything fails."""
    settings = Settings.load()
    mask = build_mask(settings)
    results = list(examine(settings))
    repairs = dict(repair(settings, results)) if fix else {}
    if repairs:
        results = list(examine(settings))
    findings = [
        finding.model_copy(update={"seen": mask.hide(finding.seen), "way_out": mask.hide(finding.way_out)})
        for finding in results
    ]
    names = write_bundle(bundle, settings, findings) if bundle is not None else []
    failed = any(finding.verdict is CheckStatus.FAIL for finding in findings)
    if as_json:
        checks = [finding.model_dump(mode="json") for finding in findings]
        print_json({"ok": not failed, "checks": checks, "repairs": repairs, "bundle": names})
        return 1 if failed else 0
    rows = [(finding.verdict, finding.name, finding.seen, finding.way_out) for finding in findings]
    print_table(("", "check", "seen", "what to do"), rows)
    for name, done in repairs.items():
        echo(f"{name}: {done}")
    if names:
        echo(f"{bundle} holds {', '.join(names)}; read it before you send it")
    return 1 if failed else 0
