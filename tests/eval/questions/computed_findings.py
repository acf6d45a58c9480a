"""The findings of calls on E. coli core, each computed once: what a run would record."""

from __future__ import annotations

import json
import tempfile
from functools import cache

from cobra import Model
from cobra.io import load_model
from tests.support.decisions import DESCRIPTION
from tests.support.recorded_run import record

from fluxagents.flows.commands import CallTool
from fluxagents.flows.errors import ErrorInfo, FluxError
from fluxagents.flows.state import Finding
from fluxagents.tasks.fba.entities.entity_names import find_names
from fluxagents.tasks.ports.sources import Sources
from fluxagents.tasks.registry import TOOLS

_COMPLETE: dict[str, object] = {"status": "optimal", "result": "complete, in the artifact"}


def compute_finding(call: CallTool, number: int) -> Finding | ErrorInfo:
    """The finding of a call, or its error.

    A call that a human would approve, that reads other models, or that takes long has one without numbers;
    one of a long tool that names genes, reactions or sources is computed: they may be unknown.
    """
    found = _compute(call.tool, json.dumps(call.args, sort_keys=True))
    if isinstance(found, ErrorInfo):
        return found
    return Finding(
        id=f"f{number}",
        tool=call.tool,
        args=dict(call.args),
        key_findings=found,
        artifact="sha256:" + f"{number:x}" * 64,
        model=DESCRIPTION.model,
    )


@cache
def _compute(name: str, arguments: str) -> dict[str, object] | ErrorInfo:
    tool = TOOLS[name]
    names_some = bool({"genes", "reactions", "sets", "sources"} & json.loads(arguments).keys())
    is_costly = tool.queue == "tools.long" or tool.gather is not None
    if tool.change is not None or (is_costly and not names_some):
        return _COMPLETE
    model, sources = _open()
    try:
        args = tool.parse(json.loads(arguments))
        found = tool.carry_out(model if tool.needs_model else None, args, sources).key_findings()
        return {**found, **find_names(model if tool.needs_model else None, found, args)}
    except FluxError as error:
        named = [hint.split("'")[1] for hint in error.suggestions if "has the id" in hint]
        if is_costly and named and len(set(named)) == len(named):
            # The run calls again with the ids of what is named; questions expect the names.
            return _COMPLETE
        return error.info(name)


@cache
def _open() -> tuple[Model, Sources]:
    with tempfile.TemporaryDirectory() as folder:
        return load_model("textbook"), record(folder)[1]
