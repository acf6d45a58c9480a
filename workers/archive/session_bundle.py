"""A session as one file: a zip of the files of its runs, signed as each of them is.

`manifest.json` says what the session is and names every member with its sha256 and size; nothing else may be
in the file. `runs/<number>.run.zip` is a run as `run_bundle` describes it, with the runs that it began.
`signature.json` is the signature of the manifest.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.flows.ports.session import SessionRecord, SessionUsage
from fluxagents.flows.texts.checks import check_name
from fluxagents.flows.texts.display import quote
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.sessions.sessions import Sessions
from fluxagents.workers.archive.run_bundle import (
    DAMAGE,
    MANIFEST,
    MAX_BYTES,
    MAX_MANIFEST_BYTES,
    MAX_MEMBER_BYTES,
    SIGNATURE,
    UNLISTED,
    BundleStores,
    Member,
)
from fluxagents.workers.archive.run_export import EPOCH, export_run
from fluxagents.workers.archive.run_import import Imported, import_run
from fluxagents.workers.archive.run_signature import Signature

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
    manifest, doubt = _read_manifest(path, stores)
    name = check_name(new_name or manifest.session.name, "a session")
    known = client.store.sessions.get(name)
    if known is not None and known.session.created_ms != manifest.session.created_ms:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"there is another session {quote(name)} here",
            suggestions=("import it under another name: `--as NEWNAME`",),
        )
    by = client.authority.record(
        Action.SESSION_IMPORT, Resource(kind="session", id=name, session=name), details={"file": path.name}
    )
    session = manifest.session.model_copy(update={"name": name, "owner": by, "unverified": doubt})
    imported: list[Imported] = []
    with TemporaryDirectory() as folder, zipfile.ZipFile(path) as file:
        for member in manifest.members:
            run_file = Path(folder) / "run.zip"
            run_file.write_bytes(_read(file, path, member, manifest.members[member]))
            imported.append(import_run(client, stores, run_file, session=new_name))
    # Last: an interrupted import has no session yet that its budget could stop.
    client.store.sessions.save(session)
    client.store.sessions.set_usage(name, manifest.usage)
    return session, imported


def _write(file: zipfile.ZipFile, name: str, data: bytes) -> Member:
    # The files of runs are compressed already.
    file.writestr(zipfile.ZipInfo(name, EPOCH), data)
    return Member(sha256=hashlib.sha256(data).hexdigest(), size_bytes=len(data))


def _check_size(name: str, members: dict[str, Member]) -> None:
    size = sum(member.size_bytes for member in members.values())
    if size > MAX_BYTES or len(members) > MAX_RUNS:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"session {quote(name)} is too large for one file: {size} bytes in {len(members)} runs",
            suggestions=(f"at most {MAX_BYTES} bytes in {MAX_RUNS} runs", "leave the models out"),
        )


def _read_manifest(path: Path, stores: BundleStores) -> tuple[SessionManifest, str]:
    """What the file says, checked against all its bytes, and why nobody known here vouches for it."""
    try:
        with zipfile.ZipFile(path) as file:
            names = [info.filename for info in file.infolist()]
            if len(set(names)) < len(names) or not all(
                _NAME.fullmatch(name) or name in UNLISTED for name in names
            ):
                raise _refuse(path, "holds what belongs to no session")
            text = _read_bounded(file, path, MANIFEST, MAX_MANIFEST_BYTES)
            manifest = SessionManifest.model_validate_json(text)
            signature = None
            if SIGNATURE in names:
                signature = Signature.model_validate_json(
                    _read_bounded(file, path, SIGNATURE, MAX_MANIFEST_BYTES)
                )
            if set(names) - UNLISTED != manifest.members.keys():
                raise _refuse(path, "holds other members than its manifest says")
            _check_size(manifest.session.name, manifest.members)
            doubt = stores.keys.doubt(text, signature)
            for name, member in manifest.members.items():
                _read(file, path, name, member)
            return manifest, doubt
    except DAMAGE as error:
        raise _refuse(path, f"is damaged: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise _refuse(path, f"has no manifest that can be read: {first['msg']}") from error


def _read(file: zipfile.ZipFile, path: Path, name: str, member: Member) -> bytes:
    data = _read_bounded(file, path, name, min(member.size_bytes, MAX_MEMBER_BYTES))
    if len(data) != member.size_bytes or hashlib.sha256(data).hexdigest() != member.sha256:
        raise _refuse(path, f"is damaged: {name!r} has another sha256 than its manifest says")
    return data


def _read_bounded(file: zipfile.ZipFile, path: Path, name: str, max_bytes: int) -> bytes:
    try:
        with file.open(name) as member:
            data = member.read(max_bytes + 1)
    except KeyError as error:
        raise _refuse(path, f"lacks {name!r}") from error
    if len(data) > max_bytes:
        raise _refuse(path, f"holds {name!r} of more than {max_bytes} bytes")
    return data


def _refuse(path: Path, why: str) -> FluxError:
    return FluxError(
        ErrorClass.SCHEMA,
        f"file {str(path)!r} {why}",
        suggestions=("`fluxagents sessions export NAME` writes a file that can be imported",),
    )
