"""`doctor`: is everything in order, and if not, what to do."""

from __future__ import annotations

import click

from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import print_json, print_table
from fluxagents.workers.host.checks import CheckStatus, examine
from fluxagents.workers.observing.secret_mask import build_mask
from fluxagents.workers.settings import Settings


@click.command(epilog=examples("fluxagents doctor", "fluxagents doctor --json"))
@json_option
def doctor(*, as_json: bool) -> int:
    """Check Redis, workers, beat, Flower, tokens and the chat model. Exit status 1 if anything fails."""
    settings = Settings.load()
    mask = build_mask(settings)
    findings = [
        finding.model_copy(update={"seen": mask.hide(finding.seen), "way_out": mask.hide(finding.way_out)})
        for finding in examine(settings)
    ]
    failed = any(finding.verdict is CheckStatus.FAIL for finding in findings)
    if as_json:
        print_json({"ok": not failed, "checks": [finding.model_dump(mode="json") for finding in findings]})
    else:
        rows = [(finding.verdict, finding.name, finding.seen, finding.way_out) for finding in findings]
        print_table(("", "check", "seen", "what to do"), rows)
    return 1 if failed else 0
