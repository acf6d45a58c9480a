"""Artifacts in a folder or under a URL: the adapter of `ArtifactStore`.

`artifacts/<first two hex digits>/<hex>` holds the bytes and nothing else, so a digest is all that is needed.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import JsonValue, ValidationError

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.tasks.ports.artifacts import JSON, PARQUET, ArtifactRef, Manifest, Provenance, check_digest
from fluxagents.workers.files.stored_bytes import StoredBytes, StoredFile
from fluxagents.workers.observing.metrics.amounts import Tally
from fluxagents.workers.observing.metrics.catalog import ARTIFACT_BYTES

if TYPE_CHECKING:
    import pandas as pd

    from fluxagents.tasks.ports.results import Result, ResultFile

SHORTEST_BEGINNING = 6
"""Hex digits that may stand for a digest."""

_BEGINNING = re.compile(rf"(?:sha256:)?([0-9a-f]{{{SHORTEST_BEGINNING},64}})")


class ArtifactFiles:
    """Artifacts below a folder or URL (anything that fsspec opens).

    Args:
        url: Where.
        patience_s: How long to try again while it is full or away.
        tally: Counts the bytes of new artifacts.
    """

    def __init__(self, url: str, *, patience_s: float = 0.0, tally: Tally | None = None) -> None:
        self._tally = tally or Tally()
        self._bytes = StoredBytes(url, patience_s=patience_s)

    def put_table(self, table: pd.DataFrame, *, tool: str) -> ArtifactRef:
        """See `ArtifactStore.put_table`."""
        # Without pandas' metadata, which names the versions of pandas and pyarrow: same data, same bytes.
        columns = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
        sink = io.BytesIO()
        pq.write_table(columns, sink, compression="zstd", version="2.6", store_schema=False)
        return ArtifactRef(
            digest=self._put(sink.getvalue()),
            media_type=PARQUET,
            size_bytes=len(sink.getvalue()),
            rows=columns.num_rows,
            columns=tuple(columns.column_names),
            tool=tool,
        )

    def put_json(self, data: JsonValue, *, tool: str) -> ArtifactRef:
        """See `ArtifactStore.put_json`."""
        try:
            text = json.dumps(
                data, allow_nan=False, ensure_ascii=False, sort_keys=True, separators=(",", ":")
            )
        except ValueError as error:
            raise FluxError(
                ErrorClass.NUMERICAL, f"a result of '{tool}' holds a NaN or an infinity"
            ) from error
        raw = text.encode()
        return ArtifactRef(digest=self._put(raw), media_type=JSON, size_bytes=len(raw), tool=tool)

    def put_image(
        self, data: bytes, media_type: Literal["image/svg+xml", "image/png"], *, tool: str
    ) -> ArtifactRef:
        """See `ArtifactStore.put_image`."""
        return ArtifactRef(digest=self._put(data), media_type=media_type, size_bytes=len(data), tool=tool)

    def put_file(self, file: ResultFile, *, tool: str) -> ArtifactRef:
        """See `ArtifactStore.put_file`."""
        size = len(file.content)
        return ArtifactRef(
            digest=self._put(file.content), media_type=file.media_type, size_bytes=size, tool=tool
        )

    def put_result(self, result: Result, provenance: Provenance) -> ArtifactRef:
        """See `ArtifactStore.put_result`."""
        tables = {
            name: self.put_table(table, tool=provenance.tool) for name, table in result.tables().items()
        }
        files = {file.name: self.put_file(file, tool=provenance.tool) for file in result.files()}
        manifest = Manifest(provenance=provenance, result=result.summary(), tables=tables, files=files)
        # As it was before there were files: the same result keeps its digest.
        left_out = set() if files else {"files"}
        return self.put_json(manifest.model_dump(mode="json", exclude=left_out), tool=provenance.tool)

    def get(self, digest: str) -> bytes:
        """See `ArtifactStore.get`."""
        hexes = check_digest(digest).removeprefix("sha256:")
        data = self._bytes.read(_name(hexes))
        if data is None:
            raise FluxError(ErrorClass.UNKNOWN_ID, f"no artifact {digest} is stored")
        if hashlib.sha256(data).hexdigest() != hexes:
            raise FluxError(
                ErrorClass.SCHEMA,
                f"artifact {digest} is damaged: its bytes have another digest",
                suggestions=("delete it and run the tool again",),
            )
        return data

    def find(self, text: str) -> str:
        """See `ArtifactStore.find`."""
        match = _BEGINNING.fullmatch(text.strip().lower())
        if match is None:
            return check_digest(text)
        hexes = match[1]
        matches = [name for name in self._bytes.names(f"artifacts/{hexes[:2]}") if name.startswith(hexes)]
        if not matches:
            raise FluxError(
                ErrorClass.UNKNOWN_ID,
                f"no artifact whose digest begins with '{hexes}' is stored",
                suggestions=("`fluxagents artifacts list` shows those that are",),
            )
        if len(matches) > 1:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"'{hexes}' begins the digests of {len(matches)} artifacts",
                suggestions=tuple(f"sha256:{name}" for name in matches[:3]),
            )
        return f"sha256:{matches[0]}"

    def put(self, data: bytes) -> str:
        """Store the bytes of an artifact of another installation; its digest."""
        return self._put(data)

    def list_files(self) -> Sequence[StoredFile]:
        """All artifacts, the newest first; a name is a digest without `sha256:`."""
        return self._bytes.files("artifacts")

    def manifest(self, digest: str) -> Manifest:
        """See `ArtifactStore.manifest`."""
        try:
            return Manifest.model_validate_json(self.get(digest))
        except ValidationError as error:
            raise FluxError(ErrorClass.SCHEMA, f"artifact {digest} is no manifest of a result") from error

    def table(
        self,
        digest: str,
        *,
        columns: tuple[str, ...] | None = None,
        offset: int = 0,
        limit: int | None = None,
    ) -> pd.DataFrame:
        """See `ArtifactStore.table`."""
        frame: pd.DataFrame = self._slice(digest, columns, offset, limit).to_pandas()
        return frame

    def rows(self, digest: str, *, offset: int = 0, limit: int = 100) -> list[Mapping[str, Any]]:
        """See `ArtifactStore.rows`."""
        rows = self._slice(digest, None, offset, limit).to_pylist()
        return [{name: _plain(value) for name, value in row.items()} for row in rows]

    def _slice(self, digest: str, columns: tuple[str, ...] | None, offset: int, limit: int | None) -> Any:
        if offset < 0 or (limit is not None and limit < 0):
            raise FluxError(ErrorClass.BAD_ARGUMENT, f"rows {offset} to {limit} cannot be read")
        raw = self.get(digest)
        try:
            file = pq.ParquetFile(io.BytesIO(raw))
        except pa.ArrowInvalid as error:
            raise FluxError(ErrorClass.SCHEMA, f"artifact {digest} is no table") from error
        for column in columns or ():
            if column not in file.schema_arrow.names:
                raise FluxError(
                    ErrorClass.UNKNOWN_ID,
                    f"column '{column}' is not in artifact {digest}",
                    suggestions=nearest(column, file.schema_arrow.names),
                )
        return file.read(columns=None if columns is None else list(columns)).slice(offset, limit)

    def _put(self, data: bytes) -> str:
        hexes = hashlib.sha256(data).hexdigest()
        if not self._bytes.exists(_name(hexes)):
            self._bytes.write(_name(hexes), data)
            self._tally.add(ARTIFACT_BYTES, amount=len(data))
        return f"sha256:{hexes}"


def _name(hexes: str) -> str:
    return f"artifacts/{hexes[:2]}/{hexes}"


def _plain(value: object) -> object:
    """None for a number that is none: JSON knows neither NaN nor infinity."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
