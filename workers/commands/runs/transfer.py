"""`fluxagents runs export` and `import`: a run as one file."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import click

from fluxagents.workers.archive import run_export, run_import
from fluxagents.workers.archive.run_bundle import SUFFIX
from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.display.options import by_option, examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json
from fluxagents.workers.commands.display.slow_notice import notice_when_slow


@click.command(
    "export",
    epilog=examples(
        "fluxagents runs export 01JB…",
        "fluxagents runs export 01JB… --with-models -o for_reviewers.run.zip",
    ),
)
@click.argument("run_id")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="RUN_ID.run.zip if absent."
)
@click.option(
    "--with-models", is_flag=True, help="Write the models as well, so that results can be recomputed."
)
@json_option
def export_run(run_id: str, output: Path | None, with_models: bool, as_json: bool) -> None:
    """Write a run as one file: its log, results with all tables, flows, prompts, and the runs that it began.

    The file is signed with the key of this installation; `fluxagents keys show` prints the public one.

    Show it elsewhere with `fluxagents runs import`.
    """
    path = output or Path(f"{quote(run_id, safe='')}{SUFFIX}")
    with notice_when_slow(f"writing {path} …"):
        bundle = run_export.export_run(CommandClient().bundle_stores(), run_id, path, with_models=with_models)
    if as_json:
        runs = [run.model_dump() for run in bundle.runs]
        print_json(
            {"file": str(path), "runs": runs, "members": len(bundle.members), "missing": bundle.missing}
        )
        return
    echo(f"{path}: {len(bundle.runs)} runs, {len(bundle.members)} members, {path.stat().st_size} bytes")
    for what in bundle.missing:
        echo(f"  not kept any longer: {what}", err=True)


@click.command(
    "import",
    epilog=examples(
        "fluxagents runs import 01JB….run.zip", "fluxagents runs import 01JB….run.zip --as 01JB…-theirs"
    ),
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as", "new_id", default="", metavar="NEWID", help="What the run is called here.")
@by_option
@json_option
def import_run(file: Path, new_id: str, by: str | None, as_json: bool) -> None:
    """Take in a run that `runs export` wrote, so that `show`, `explain` and the audits work on it here.

    Every digest is checked first, and no other run is overwritten. A run that had not ended is paused. One
    that neither this installation nor a trusted one signed is shown as unverified from then on.
    """
    client = CommandClient()
    with notice_when_slow(f"reading {file} …"):
        result = run_import.import_run(client, client.bundle_stores(), file, by=by, new_id=new_id)
    if as_json:
        runs = [
            {"run_id": state.run_id, "status": state.status, "written": state.run_id in result.written}
            for state in result.runs
        ]
        print_json({"runs": runs, "missing": result.missing, "unverified": result.unverified or None})
        return
    for state in result.runs:
        note = "imported" if state.run_id in result.written else "was here already"
        echo(f"run {state.run_id}: {note}; it is {state.status_text}")
    if result.unverified:
        echo(f"unverified: the file is {result.unverified}, and may say anything", fg="yellow", err=True)
        echo("  → whoever wrote it has a public key: `fluxagents keys show`; name it in", err=True)
        echo("    FLUXAGENTS_TRUSTED_KEYS, and what it signed counts as verified", err=True)
    for what in result.missing:
        echo(f"  not in the file, and not here: {what}", err=True)
