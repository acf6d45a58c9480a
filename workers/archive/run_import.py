"""Takes in a run that another installation wrote as one file; all is checked before anything is written."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from fluxagents.flows import events as e
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import SCHEMA_VERSION
from fluxagents.flows.history.json_lines import history_from_json_lines
from fluxagents.flows.history.renaming import rename_run
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.people.remarks import MAX_REMARKS, OPINIONS, REMARK, Remark
from fluxagents.flows.reducer import fold
from fluxagents.flows.state import RunState
from fluxagents.flows.texts.checks import check_run_id, check_stored_id
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.tasks.ports.models import ModelRecord, ModelRef
from fluxagents.workers.archive.run_bundle import BundleFile, BundleStores
from fluxagents.workers.models.model_source import FORMATS

Log = tuple[e.Event, ...]

ELSEWHERE = " (elsewhere)"
"""After the name of whoever spoke in another installation; nobody here can be called so."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file."""

    runs: tuple[RunState, ...]
    """The run first, then those that it began; as they stand here."""
    written: tuple[str, ...]
    """Ids of those that were not here before."""
    missing: tuple[str, ...]
    """What the runs speak of and neither the file nor this installation has."""
    unverified: str
    """Why nobody known here vouches for the file; empty if this installation or a trusted one signed it."""


@dataclass(frozen=True, slots=True)
class _Content:
    """A file that was checked."""

    logs: tuple[Log, ...]
    remarks: tuple[tuple[Remark, ...], ...]
    """Of each run, in their order."""
    flows: tuple[Flow, ...]
    artifacts: tuple[str, ...]
    """Names of members."""
    prompts: tuple[str, ...]
    models: Mapping[str, ModelRecord]
    """Folder of the member -> its record."""


def import_run(
    client: RunClient,
    stores: BundleStores,
    path: Path,
    *,
    by: str | None = None,
    new_id: str = "",
    session: str = "",
) -> Imported:
    """Store a run from a file: one that has ended as it is, any other one paused.

    Args:
        client: Of this installation.
        stores: Where the parts of runs lie here.
        path: The file.
        by: Who wants it.
        new_id: What the run is called here, if it has to have another id.
        session: The session that it belongs to here, if it has to be another one.

    Raises:
        FluxError: `SCHEMA` if anything in the file is not what it says, `BAD_ARGUMENT` if another run has
            the id. Nothing has been written then.
    """
    with BundleFile(path) as file:
        unverified = file.doubt(stores.keys)
        content = _check(file, stores)
        logs = _rename_runs(content.logs, check_run_id(new_id)) if new_id else content.logs
        if session:
            logs = (_put_into_session(logs[0], session), *logs[1:])
        _check_ids(logs)
        logs = tuple(_mark(log, unverified) for log in logs)
        new = [log for log in logs if not _is_here(stores, log)]
        for flow in content.flows:
            stores.runs.save_flow(flow)
        for name in content.artifacts:
            stores.artifacts.put(file.read(name))
        for name in content.prompts:
            stores.prompts.versions.keep(file.read(name).decode())
        for folder, record in content.models.items():
            stores.models.adopt(record, file.read(f"{folder}/original"))
        # A run must find those that it began.
        for log in reversed(new):
            client.adopt(log, by=by)
        for log, remarks in zip(logs, content.remarks, strict=True):
            if log in new:
                stores.runs.remarks.put_back(_id(log), remarks)
        ids = [_id(log) for log in logs]
        return Imported(
            runs=tuple(stores.runs.load(run_id) for run_id in ids),
            written=tuple(_id(log) for log in new),
            missing=(*file.manifest.missing, *_missing_models(stores, file.manifest.models)),
            unverified=unverified,
        )


def _check_ids(logs: tuple[Log, ...]) -> None:
    """Refuse ids and names of another grammar than this installation's, as early versions took them."""
    try:
        check_run_id(_id(logs[0]))
        for log in logs:
            started = log[0]
            assert isinstance(started, e.RunStarted)
            check_stored_id(started.run_id)
            check_stored_id(started.session)
    except FluxError as error:
        raise FluxError(
            error.kind, error.message, suggestions=(*error.suggestions, "import it with `--as NEWID`")
        ) from error


def _mark(log: Log, unverified: str) -> Log:
    """The log with the reason to doubt it in its first event, whatever it says of itself."""
    started = log[0]
    assert isinstance(started, e.RunStarted)
    return (started.model_copy(update={"unverified": unverified}), *log[1:]) if unverified else log


def _put_into_session(log: Log, session: str) -> Log:
    started = log[0]
    assert isinstance(started, e.RunStarted)
    return (started.model_copy(update={"session": session}), *log[1:])


def _id(log: Log) -> str:
    started = log[0]
    assert isinstance(started, e.RunStarted)
    return started.run_id


def _check(file: BundleFile, stores: BundleStores) -> _Content:
    logs = tuple(_log(file, number) for number in range(len(file.manifest.runs)))
    flows = tuple(_flow(file, name) for name in file.names("flows"))
    _check_flows(stores, logs, flows)
    _check_family(logs)
    for name in (*file.names("artifacts"), *file.names("prompts")):
        _check_address(name, file.read(name))
    folders = sorted({name.rpartition("/")[0] for name in file.names("models")})
    models = {folder: _record(file, folder) for folder in folders}
    remarks = tuple(_remarks(file, number) for number in range(len(logs)))
    return _Content(logs, remarks, flows, file.names("artifacts"), file.names("prompts"), models)


def _log(file: BundleFile, number: int) -> Log:
    entry = file.manifest.runs[number]
    log = history_from_json_lines(file.read(f"runs/{number}/events.jsonl").splitlines())
    if not log or not isinstance(log[0], e.RunStarted):
        raise _no_run(entry.run_id, "its log does not begin with its start")
    if log[0].schema_version > SCHEMA_VERSION:
        raise FluxError(
            ErrorClass.SCHEMA,
            f"run {entry.run_id!r} was written with schema version {log[0].schema_version}; "
            f"this installation reads up to {SCHEMA_VERSION}",
            suggestions=("upgrade it",),
        )
    state = fold(log)
    if (state.run_id, state.status, len(log)) != (entry.run_id, entry.status, entry.events):
        raise _no_run(entry.run_id, "its log is not what the manifest says")
    return log


def _remarks(file: BundleFile, number: int) -> tuple[Remark, ...]:
    """What people said elsewhere about a run; their names are marked, as others may be called so here."""
    name = f"runs/{number}/remarks.jsonl"
    if name not in file.manifest.members:
        return ()
    try:
        remarks = [REMARK.validate_json(line) for line in file.read(name).splitlines()]
    except ValidationError as error:
        raise FluxError(ErrorClass.SCHEMA, f"member {name!r} has a line that is no remark") from error
    if len(remarks) > MAX_REMARKS or not all(isinstance(remark.body, OPINIONS) for remark in remarks):
        raise FluxError(ErrorClass.SCHEMA, f"member {name!r} holds what no run is exported with")
    return tuple(
        remark.model_copy(update={"number": place, "by": f"{remark.by.removesuffix(ELSEWHERE)}{ELSEWHERE}"})
        for place, remark in enumerate(remarks, 1)
    )


def _no_run(run_id: str, why: str) -> FluxError:
    return FluxError(ErrorClass.SCHEMA, f"run {run_id[:100]!r} cannot be imported: {why}")


def _check_family(logs: tuple[Log, ...]) -> None:
    """All but the first are runs that another one of the file began."""
    ids = [_id(log) for log in logs]
    if len(set(ids)) < len(ids):
        raise _no_run(ids[0], "the file holds a run twice")
    for log in logs[1:]:
        started = log[0]
        assert isinstance(started, e.RunStarted)
        if started.parent not in ids or not started.run_id.startswith(f"{started.parent}."):
            raise _no_run(started.run_id, "no run of the file began it")


def _flow(file: BundleFile, name: str) -> Flow:
    try:
        flow = Flow.model_validate_json(file.read(name))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise FluxError(ErrorClass.SCHEMA, f"member {name!r} is no flow: {first['msg']}") from error
    if name != f"flows/{flow.digest}.json":
        raise FluxError(ErrorClass.SCHEMA, f"member {name!r} is flow {flow.flow!r} of digest {flow.digest}")
    return flow


def _check_flows(stores: BundleStores, logs: tuple[Log, ...], flows: tuple[Flow, ...]) -> None:
    """Every version that a run follows is in the file or here."""
    known = {flow.digest for flow in flows}
    for log in logs:
        for event in log:
            if isinstance(event, e.RunStarted | e.FlowChanged) and event.flow.digest not in known:
                stores.runs.flow(event.flow.digest)


def _check_address(name: str, data: bytes) -> None:
    digest = hashlib.sha256(data).hexdigest()
    if name.rpartition("/")[2] != digest:
        raise FluxError(ErrorClass.SCHEMA, f"member {name!r} has the sha256 {digest}")
    if name.startswith("prompts/"):
        try:
            data.decode()
        except UnicodeDecodeError as error:
            raise FluxError(ErrorClass.SCHEMA, f"member {name!r} is no text: {error}") from error


def _record(file: BundleFile, folder: str) -> ModelRecord:
    hexes = folder.removeprefix("models/")
    try:
        record = ModelRecord.model_validate_json(file.read(f"{folder}/record.json"))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise FluxError(ErrorClass.SCHEMA, f"member {folder}/record.json: {first['msg']}") from error
    data = file.read(f"{folder}/original")
    is_it = hashlib.sha256(data).hexdigest() == hexes and record.digest == f"sha256:{hexes}"
    if not is_it or record.size_bytes != len(data) or FORMATS.get(record.suffix) is not record.format:
        raise FluxError(ErrorClass.SCHEMA, f"member {folder!r} is not the model that its record speaks of")
    return record


def _rename_runs(logs: tuple[Log, ...], new_id: str) -> tuple[Log, ...]:
    old = _id(logs[0])
    return tuple(tuple(rename_run(event, old, new_id, with_children=True) for event in log) for log in logs)


def _is_here(stores: BundleStores, log: Log) -> bool:
    """Whether this very run is here already, where it may have gone on.

    Raises:
        FluxError: If another one has its id.
    """
    run_id = _id(log)
    try:
        here = stores.runs.events(run_id)
    except FluxError as error:
        if error.kind is ErrorClass.UNKNOWN_ID:
            return False
        raise
    if _mark(tuple(here[: len(log)]), "-") == _mark(log, "-"):
        return True
    raise FluxError(
        ErrorClass.BAD_ARGUMENT,
        f"another run has the id {run_id!r} here",
        suggestions=("import it under another id: `--as NEWID`",),
    )


def _missing_models(stores: BundleStores, refs: tuple[ModelRef, ...]) -> list[str]:
    missing = []
    for ref in refs:
        try:
            stores.models.show(ref)
        except FluxError as error:
            if error.kind is not ErrorClass.UNKNOWN_ID:
                raise
            missing.append(f"model {ref.name} ({ref.digest})")
    return missing
