"""What some stored bytes are: a digest does not say."""

from __future__ import annotations

import json
from typing import Literal

ArtifactKind = Literal["result", "table", "json", "svg", "png", "file"]


_HEAD_BYTES = 2_000


def detect_kind(data: bytes) -> ArtifactKind:
    """The kind of an artifact, by its bytes; `file` for a model or table of other programs."""
    if data.startswith(b"PAR1"):
        return "table"
    if data.startswith(b"\x89PNG"):
        return "png"
    if data.startswith(b"<"):
        return "svg" if b"<svg" in data[:_HEAD_BYTES] else "file"
    try:
        document = json.loads(data)
    except ValueError:
        return "file"
    is_result = isinstance(document, dict) and {"provenance", "result", "tables"} <= document.keys()
    return "result" if is_result else "json"
