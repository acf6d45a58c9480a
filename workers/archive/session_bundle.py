"""A session as one file: a zip of the files of its runs, signed as each of them is.

`manifest.json` says what the session is and names every member with its sha256 and size; nothing else may be
in the file. `runs/<number>.run.zip` is a run as `run_bundle` describes it, with the runs that it began.
`signature.json` is the signature of the manifest.
"""

from __future__ import annotations

import re
import zipfile
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.flows.ports.session import SessionRecord, SessionUsage
from fluxagents.flows.texts.checks import check_name
from fluxagents.flows.texts.display import quote
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.sessions.sessions import Sessions
from fluxagents.workers.archive.checked_zip import MANIFEST, SIGNATURE, CheckedZip, Member, ZipRules
from fluxagents.workers.archive.run_bundle import (
    MAX_BYTES,
    MAX_MANIFEST_BYTES,
    MAX_MEMBER_BYTES,
    BundleStores,
)
from fluxagents.workers.archive.run_export import EPOCH, export_run
from fluxagents.workers.archive.run_import import Imported, import_run

SUFFIX = ".session.zip"

MAX_RUNS = 10_000

_NAME = re.compile(r"runs/\d{1,5}\.run\.zip")


class SessionManifest(BaseModel):
    """What is in the file of a session."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["fluxagents session"] = "fluxagents session"
    version: Literal[1] = 1
    written_by: str
    """The version of this software."""
    session: SessionRecord
    usage: SessionUsage
    members: dict[str, Member] = Field(max_length=MAX_RUNS)


class SessionFile(CheckedZip[SessionManifest]):
    """The file of a session that somebody gave us.

    Raises:
        FluxError: `SCHEMA` if it is none, is damaged, or holds anything that belongs to no session.
    """

    def __init__(self, path: Path) -> None:
        rules = ZipRules(
            what="session",
            name=_NAME,
            way_out="`fluxagents sessions export NAME` writes a file that can be imported",
            max_manifest_bytes=MAX_MANIFEST_BYTES,
            max_members=MAX_RUNS + 2,
            max_bytes=MAX_BYTES,
            max_member_bytes=MAX_MEMBER_BYTES,
        )
        super().__init__(path, SessionManifest, rules)


def export_session(
    sessions: Sessions, stores: BundleStores, name: str, path: Path, *, with_models: bool = False
) -> SessionManifest:
    """Write a session and all its runs that are in the store into one file.

    Args:
        sessions: Of whoever exports it.
        stores: Where the parts of runs lie.
        name: The session.
        path: The file; one that is there is replaced.
        with_models: Whether the models are written as well.

    Raises:
        FluxError: If there is no such session, or it is larger than what can be imported.
    """
    entry = sessions.show(name)
    runs = [state.run_id for state in sessions.states(name) if not state.parent]
    members: dict[str, Member] = {}
    draft = path.with_name(f"{path.name}.{uuid4().hex}.draft")
    try:
        with TemporaryDirectory() as folder, zipfile.ZipFile(draft, "w") as file:
            for number, run_id in enumerate(runs):
                run_file = Path(folder) / "run.zip"
                export_run(stores, run_id, run_file, with_models=with_models)
                member = f"runs/{number}.run.zip"
                members[member] = _write(file, member, run_file.read_bytes())
                _check_size(name, members)
            manifest = SessionManifest(
                written_by=version("fluxagents"), session=entry.session, usage=entry.usage, members=members
            )
            text = manifest.model_dump_json(indent=1).encode()
            _write(file, MANIFEST, text)
            _write(file, SIGNATURE, stores.keys.sign(text).model_dump_json(indent=1).encode())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def import_session(
    client: RunClient, stores: BundleStores, path: Path, *, new_name: str = ""
) -> tuple[SessionRecord, list[Imported]]:
    """Take in a session that `export_session` wrote, run by run; what is here already stays as it is.

    Args:
        client: Of whoever imports it.
        stores: Where the parts of runs lie here.
        path: The file.
        new_name: What the session is called here, if it has to have another name.

    Returns:
        The session, which belongs to whoever imported it, and what became of each run.

    Raises:
        FluxError: `SCHEMA` if anything in the file is not what it says, `BAD_ARGUMENT` if another session has
            the name; nothing has been written then. If another run has the id of one of its runs; those
            before it have been taken in then, and the same call goes on when that is mended.
    """
    with SessionFile(path) as file:
        file.check_digests()
        return _import(client, stores, file, new_name, file_name=path.name)


def _import(
    client: RunClient, stores: BundleStores, file: SessionFile, new_name: str, *, file_name: str
) -> tuple[SessionRecord, list[Imported]]:
    manifest, doubt = file.manifest, file.doubt(stores.keys)
    name = check_name(new_name or manifest.session.name, "a session")
    known = client.store.sessions.get(name)
    made_ms = known.session.created_ms if known else 0
    if made_ms not in {0, manifest.session.created_ms}:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"there is another session {quote(name)} here",
            suggestions=("import it under another name: `--as NEWNAME`",),
        )
    by = client.authority.record(
        Action.SESSION_IMPORT, Resource(kind="session", id=name, session=name), details={"file": file_name}
    )
    imported: list[Imported] = []
    with TemporaryDirectory() as folder:
        for member in manifest.members:
            run_file = Path(folder) / "run.zip"
            run_file.write_bytes(file.read(member))
            imported.append(import_run(client, stores, run_file, session=new_name))
    if known and made_ms:
        # It is here already: a file gives it neither another owner nor what it has used of its budget.
        return known.session, imported
    # Last: an interrupted import has no session yet that its budget could stop.
    session = manifest.session.model_copy(update={"name": name, "owner": by, "unverified": doubt})
    client.store.sessions.save(session)
    client.store.sessions.set_usage(name, manifest.usage)
    return session, imported


def _write(file: zipfile.ZipFile, name: str, data: bytes) -> Member:
    # The files of runs are compressed already.
    file.writestr(zipfile.ZipInfo(name, EPOCH), data)
    return Member.of(iter((data,)))


def _check_size(name: str, members: dict[str, Member]) -> None:
    size = sum(member.size_bytes for member in members.values())
    if size > MAX_BYTES or len(members) > MAX_RUNS:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"session {quote(name)} is too large for one file: {size} bytes in {len(members)} runs",
            suggestions=(f"at most {MAX_BYTES} bytes in {MAX_RUNS} runs", "leave the models out"),
        )
