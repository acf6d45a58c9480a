"""`fluxagents sessions export` and `import`: a session as one file."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import click

from fluxagents.workers.archive import session_bundle
from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import count_text, echo, print_json
from fluxagents.workers.commands.display.slow_notice import notice_when_slow


@click.command(
    "export",
    epilog=examples("fluxagents sessions export survey", "fluxagents sessions export survey --with-models"),
)
@click.argument("name")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="NAME.session.zip if absent."
)
@click.option(
    "--with-models", is_flag=True, help="Write the models as well, so that results can be recomputed."
)
@json_option
def export_session(name: str, output: Path | None, with_models: bool, as_json: bool) -> None:
    """Write a session with all its runs as one file, signed with the key of this installation.

    Runs that have left Redis by their age are not in it; `runs export` writes each of them.
    """
    client = CommandClient()
    path = output or Path(f"{quote(name, safe='')}{session_bundle.SUFFIX}")
    with notice_when_slow(f"writing {path} …"):
        manifest = session_bundle.export_session(
            client.sessions, client.bundle_stores(), name, path, with_models=with_models
        )
    size = path.stat().st_size
    if as_json:
        print_json({"file": str(path), "session": name, "runs": len(manifest.members), "bytes": size})
    else:
        echo(f"{path}: session {name} with {count_text(len(manifest.members), 'run')}, {size} bytes")


@click.command(
    "import",
    epilog=examples(
        "fluxagents sessions import survey.session.zip",
        "fluxagents sessions import survey.session.zip --as survey-of-bob",
    ),
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as", "new_name", default="", metavar="NEWNAME", help="What the session is called here.")
@json_option
def import_session(file: Path, new_name: str, as_json: bool) -> None:
    """Take in a session that `sessions export` wrote. Every digest is checked first; it becomes yours.

    Runs that had not ended are paused. What neither this installation nor a trusted one signed is shown as
    unverified from then on.
    """
    client = CommandClient()
    with notice_when_slow(f"reading {file} …"):
        session, imported = session_bundle.import_session(
            client, client.bundle_stores(), file, new_name=new_name
        )
    written = [run_id for each in imported for run_id in each.written]
    missing = sorted({what for each in imported for what in each.missing})
    if as_json:
        document = {"session": session.name, "runs": len(imported), "written": written, "missing": missing}
        print_json({**document, "unverified": session.unverified or None})
        return
    echo(f"session {session.name}: {count_text(len(imported), 'run')}, {len(written)} written")
    if session.unverified:
        echo(f"unverified: the file is {session.unverified}, and may say anything", fg="yellow", err=True)
    for what in missing:
        echo(f"  not in the file, and not here: {what}", err=True)
