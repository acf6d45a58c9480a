"""Records of runs as two Parquet files, written while they are read: a row per run, and a row per step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from fluxagents.flows.history.run_record import RunRecord, StepRecord
from fluxagents.flows.history.time_spans import SPENT
from fluxagents.workers.files.table_file import replace_atomically

ROWS = 5_000
"""Rows that are kept in memory before they are written."""

_TIME = pa.timestamp("ms", tz="UTC")
_SPENT = [(f"{spent}_s", pa.float64()) for spent in SPENT]

RUNS = pa.schema(
    [
        ("run_id", pa.string()),
        ("session", pa.string()),
        ("parent", pa.string()),
        ("flow", pa.string()),
        ("flow_version", pa.int32()),
        ("flow_digest", pa.string()),
        ("model", pa.string()),
        ("model_digest", pa.string()),
        ("lane", pa.string()),
        ("status", pa.string()),
        ("started_at", _TIME),
        ("updated_at", _TIME),
        ("duration_s", pa.float64()),
        ("steps", pa.int32()),
        ("decisions", pa.int32()),
        ("tool_calls", pa.int32()),
        ("errors", pa.int32()),
        ("retries", pa.int32()),
        ("requests", pa.int32()),
        ("children", pa.int32()),
        ("tokens_in", pa.int64()),
        ("tokens_out", pa.int64()),
        ("tokens_saved", pa.int64()),
        ("error_kind", pa.string()),
        ("error_fingerprint", pa.string()),
        *_SPENT,
    ]
)
"""`duration_s` of a run that goes on is null; the last columns say where its time went."""

STEPS = pa.schema(
    [
        ("run_id", pa.string()),
        ("step", pa.int32()),
        ("node", pa.string()),
        ("kind", pa.string()),
        ("recorded_at", _TIME),
        ("tool", pa.string()),
        ("chat_model", pa.string()),
        ("prompt", pa.string()),
        ("prompt_version", pa.string()),
        ("tokens_in", pa.int64()),
        ("tokens_out", pa.int64()),
        ("tokens_saved", pa.int64()),
        ("artifact", pa.string()),
        ("is_retry", pa.bool_()),
        ("error_kind", pa.string()),
        ("error_fingerprint", pa.string()),
        *_SPENT,
    ]
)
"""`work_s` of a step that does not record how long it worked is null."""


def steps_path(path: Path) -> Path:
    """Where the steps lie beside the runs."""
    return path.with_name(f"{path.stem}.steps{path.suffix}")


class RecordFile:
    """Takes records one by one."""

    def __init__(self, runs: pq.ParquetWriter, steps: pq.ParquetWriter) -> None:
        self._runs = _Rows(runs, RUNS)
        self._steps = _Rows(steps, STEPS)

    def add(self, run: RunRecord) -> None:
        self._runs.add([_run_row(run)])
        self._steps.add([_step_row(run, step) for step in run.steps])

    def flush(self) -> None:
        self._runs.flush()
        self._steps.flush()


class _Rows:
    def __init__(self, writer: pq.ParquetWriter, schema: pa.Schema) -> None:
        self._writer = writer
        self._schema = schema
        self._rows: list[dict[str, Any]] = []

    def add(self, rows: Sequence[dict[str, Any]]) -> None:
        self._rows += rows
        if len(self._rows) >= ROWS:
            self.flush()

    def flush(self) -> None:
        if self._rows:
            self._writer.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
            self._rows = []


@contextmanager
def record_file(path: Path) -> Iterator[RecordFile]:
    """Both files, there in the end or not at all.

    Args:
        path: Of the runs; the steps lie at `steps_path(path)`.
    """
    with (
        replace_atomically(path) as runs,
        replace_atomically(steps_path(path)) as steps,
        pq.ParquetWriter(runs, RUNS) as of_runs,
        pq.ParquetWriter(steps, STEPS) as of_steps,
    ):
        file = RecordFile(of_runs, of_steps)
        yield file
        file.flush()


def _run_row(run: RunRecord) -> dict[str, Any]:
    state = run.state
    return {
        "run_id": state.run_id,
        "session": state.session,
        "parent": state.parent or None,
        "flow": state.flow.name,
        "flow_version": state.flow.version,
        "flow_digest": state.flow.digest,
        "model": state.model_name,
        "model_digest": state.model,
        "lane": state.lane,
        "status": state.status,
        "started_at": state.started_ms,
        "updated_at": state.updated_ms,
        "duration_s": _seconds(run.duration_ms),
        "steps": state.seq - 1,
        "decisions": state.decisions,
        "tool_calls": state.tool_calls,
        "errors": len(run.errors),
        "retries": run.retries,
        "requests": len(run.requests),
        "children": len(run.children),
        "tokens_in": state.tokens_in,
        "tokens_out": state.tokens_out,
        "tokens_saved": sum(step.tokens_saved for step in run.steps),
        "error_kind": state.error.kind if state.error else None,
        "error_fingerprint": state.error.fingerprint if state.error else None,
        **{f"{spent}_s": ms / 1_000 for spent, ms in run.spent_ms.items()},
    }


def _step_row(run: RunRecord, step: StepRecord) -> dict[str, Any]:
    return {
        "run_id": run.state.run_id,
        "step": step.seq,
        "node": step.node,
        "kind": step.kind,
        "recorded_at": step.at_ms,
        "tool": step.tool or None,
        "chat_model": step.chat_model or None,
        "prompt": step.prompt or None,
        "prompt_version": step.prompt_version or None,
        "tokens_in": step.tokens_in,
        "tokens_out": step.tokens_out,
        "tokens_saved": step.tokens_saved,
        "artifact": step.artifact or None,
        "is_retry": step.retry,
        "error_kind": step.error.kind if step.error else None,
        "error_fingerprint": step.error.fingerprint if step.error else None,
        **{f"{spent}_s": ms / 1_000 for spent, ms in step.spent_ms.items()},
        "work_s": _seconds(step.work_ms),
    }


def _seconds(ms: int | None) -> float | None:
    return None if ms is None else ms / 1_000
