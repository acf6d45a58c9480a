"""Writes a run as one file, with all that is needed to look at it elsewhere, signed by this installation."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from uuid import uuid4

from pydantic import ValidationError

from fluxagents.flows import events as e
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.history.recorded_steps import artifact_of
from fluxagents.flows.history.rollback import find_child_runs
from fluxagents.flows.language.nodes import MapNode, SubflowNode
from fluxagents.flows.people.remarks import OPINIONS
from fluxagents.flows.reducer import fold
from fluxagents.tasks.ports.artifacts import Manifest
from fluxagents.tasks.ports.models import ModelRef
from fluxagents.workers.archive.checked_zip import MANIFEST, SIGNATURE, Member
from fluxagents.workers.archive.run_bundle import (
    MAX_BYTES,
    MAX_MEMBER_BYTES,
    MAX_MEMBERS,
    Bundle,
    BundledRun,
    BundleStores,
)

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every member: the same run gives the same file."""

Log = tuple[e.Event, ...]


def export_run(stores: BundleStores, run_id: str, path: Path, *, with_models: bool = False) -> Bundle:
    """Write a run, and the runs that it began, into one file.

    Args:
        stores: Where its parts lie.
        run_id: The run, also one in the archive.
        path: The file; one that is there is replaced.
        with_models: Whether the models are written as well.

    Returns:
        The manifest of what was written.

    Raises:
        FluxError: If there is no such run, or it is larger than what can be imported.
    """
    logs = _family(stores, run_id)
    missing: list[str] = []
    members: dict[str, Member] = {}
    draft = path.with_name(f"{path.name}.{uuid4().hex}.draft")
    try:
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as file:
            for name, data in _parts(stores, logs, with_models=with_models, missing=missing):
                members[name] = Member.of(iter((data,)))
                _check_size(run_id, name, members)
                _write(file, name, data)
            states = [fold(log) for log in logs]
            bundle = Bundle(
                written_by=version("fluxagents"),
                runs=tuple(
                    BundledRun(run_id=state.run_id, status=state.status, events=len(log))
                    for state, log in zip(states, logs, strict=True)
                ),
                models=tuple(_refs(stores, logs)),
                missing=tuple(missing),
                members=members,
            )
            manifest = bundle.model_dump_json(indent=1).encode()
            _write(file, MANIFEST, manifest)
            _write(file, SIGNATURE, stores.keys.sign(manifest).model_dump_json(indent=1).encode())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return bundle


def _write(file: zipfile.ZipFile, name: str, data: bytes) -> None:
    info = zipfile.ZipInfo(name, EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    file.writestr(info, data)


def _check_size(run_id: str, name: str, members: dict[str, Member]) -> None:
    size = sum(member.size_bytes for member in members.values())
    if members[name].size_bytes > MAX_MEMBER_BYTES or size > MAX_BYTES or len(members) >= MAX_MEMBERS:
        extent = f"{size} bytes in {len(members)} members up to {name!r}"
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"run {run_id!r} is too large for one file: {extent}",
            suggestions=(f"at most {MAX_BYTES} bytes in {MAX_MEMBERS} members", "leave the models out"),
        )


def _family(stores: BundleStores, run_id: str) -> list[Log]:
    """The log of a run, then those of the runs that it began."""
    log = tuple(stores.runs.events(run_id))
    logs = [log]
    for child in find_child_runs(log):
        # A fork tells of runs that its origin began.
        if stores.runs.load(child).parent == run_id:
            logs += _family(stores, child)
    return logs


def _parts(
    stores: BundleStores, logs: Sequence[Log], *, with_models: bool, missing: list[str]
) -> Iterator[tuple[str, bytes]]:
    for number, log in enumerate(logs):
        lines = "".join(f"{event.model_dump_json()}\n" for event in log)
        yield f"runs/{number}/events.jsonl", lines.encode()
        started = log[0]
        assert isinstance(started, e.RunStarted)
        opinions = [
            remark for remark in stores.runs.remarks.of(started.run_id) if isinstance(remark.body, OPINIONS)
        ]
        if opinions:
            said = "".join(f"{remark.model_dump_json()}\n" for remark in opinions)
            yield f"runs/{number}/remarks.jsonl", said.encode()
    for digest in sorted(_flows(stores, logs)):
        yield f"flows/{digest}.json", stores.runs.flow(digest).model_dump_json().encode()
    yield from _artifacts(stores, logs, missing)
    yield from _prompts(stores, logs, missing)
    if with_models:
        for ref in _refs(stores, logs):
            data = stores.models.original(ref)
            if data is None:
                missing.append(f"model {ref.name} ({ref.digest})")
                continue
            folder = f"models/{ref.digest.removeprefix('sha256:')}"
            yield f"{folder}/original", data
            yield f"{folder}/record.json", stores.models.show(ref).model_dump_json().encode()


def _flows(stores: BundleStores, logs: Sequence[Log]) -> set[str]:
    """Every version of a flow that the runs followed, or may come to."""
    todo = [
        event.flow.digest
        for log in logs
        for event in log
        if isinstance(event, e.RunStarted | e.FlowChanged | e.RunsBegun)
    ]
    digests: set[str] = set()
    while todo:
        digest = todo.pop()
        if digest not in digests:
            digests.add(digest)
            nodes = stores.runs.flow(digest).nodes.values()
            todo += [node.digest for node in nodes if isinstance(node, MapNode | SubflowNode) and node.digest]
    return digests


def _artifacts(stores: BundleStores, logs: Sequence[Log], missing: list[str]) -> Iterator[tuple[str, bytes]]:
    """The results, each with its tables."""
    todo = [digest for log in logs for event in log if (digest := artifact_of(event))]
    done: set[str] = set()
    while todo:
        digest = todo.pop(0)
        if digest in done:
            continue
        done.add(digest)
        try:
            data = stores.artifacts.get(digest)
        except FluxError as error:
            if error.kind is not ErrorClass.UNKNOWN_ID:
                raise
            missing.append(f"artifact {digest}")
            continue
        yield f"artifacts/{digest.removeprefix('sha256:')}", data
        todo += _list_parts(data)


def _list_parts(data: bytes) -> list[str]:
    """The tables and files that a manifest binds; none for any other artifact."""
    try:
        return [ref.digest for ref in Manifest.model_validate_json(data).parts]
    except ValidationError:
        return []


def _prompts(stores: BundleStores, logs: Sequence[Log], missing: list[str]) -> Iterator[tuple[str, bytes]]:
    uses: dict[str, str] = {}
    for event in (event for log in logs for event in log):
        if isinstance(event, e.ChatEvent):
            uses[event.prompt.digest] = event.prompt.name
        if isinstance(event, e.HumanNotified) and event.prompt:
            uses[event.prompt] = "to a human"
    for digest, name in uses.items():
        try:
            yield f"prompts/{digest}", stores.prompts.versions.find_by_digest(name, digest).source.encode()
        except FluxError as error:
            if error.kind is not ErrorClass.UNKNOWN_ID:
                raise
            missing.append(f"prompt {name} ({digest})")


def _refs(stores: BundleStores, logs: Sequence[Log]) -> list[ModelRef]:
    """The models that the runs worked on and made, and what those were made from."""
    todo = [digest for log in logs for event in log for digest in _models(event)]
    refs: dict[str, ModelRef] = {}
    while todo:
        digest = todo.pop(0)
        if digest in refs:
            continue
        ref = ModelRef(digest=digest, name=digest)
        try:
            record = stores.models.show(ref)
        except FluxError as error:
            if error.kind is not ErrorClass.UNKNOWN_ID:
                raise
            refs[digest] = ref
            continue
        refs[digest] = record.ref
        todo += [record.parent] if record.parent else []
    return list(refs.values())


def _models(event: e.Event) -> list[str]:
    if isinstance(event, e.RunStarted):
        named: list[str | None] = [event.model]
    elif isinstance(event, e.ToolSucceeded | e.RunsJoined):
        named = [event.new_model]
    elif isinstance(event, e.RunsBegun):
        named = [run.model for run in event.runs]
    else:
        named = []
    return [digest for digest in named if digest]
