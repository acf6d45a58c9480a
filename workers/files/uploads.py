"""Files that arrive in parts: each part is a file of its own until all of them are put together."""

from __future__ import annotations

import re
from secrets import token_hex

from fluxagents.flows.errors import ConflictError, ErrorClass, FluxError
from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.texts.display import quote
from fluxagents.workers.files.stored_bytes import StoredBytes

MAX_PARTS = 1_000

KEPT_MS = 24 * 3_600_000
"""How long an upload that nobody finishes is kept, at least."""

_TIME_DIGITS = 12
_ID = re.compile(r"[0-9a-f]{32}")
_BEGAN = "began"


class UploadFiles:
    """See `Uploads`.

    Args:
        url: Where models and artifacts lie; every process of the API sees the same.
        clock: The time.
        max_bytes: Of one file.
    """

    def __init__(self, url: str, clock: Clock, *, max_bytes: int) -> None:
        self._bytes = StoredBytes(url)
        self._clock = clock
        self._max_bytes = max_bytes

    def begin(self) -> str:
        now_ms = self._clock.now_ms()
        for old in self._bytes.names("uploads"):
            if _ID.fullmatch(old) and int(old[:_TIME_DIGITS], 16) < now_ms - KEPT_MS:
                self._bytes.remove_folder(f"uploads/{old}")
        upload = f"{now_ms:0{_TIME_DIGITS}x}{token_hex(10)}"
        self._bytes.write(f"uploads/{upload}/{_BEGAN}", b"")
        return upload

    def size(self, upload: str) -> int:
        return sum(length for _, length in self._parts(upload))

    def append(self, upload: str, offset: int, part: bytes) -> int:
        size = self.size(upload)
        if offset != size:
            raise ConflictError(
                f"the part begins at byte {offset:,}, and {size:,} bytes have arrived",
                suggestions=(f"go on at byte {size}",),
            )
        if size + len(part) > self._max_bytes:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"the file would have {size + len(part):,} bytes, at most {self._max_bytes:,} are taken",
            )
        if len(self._parts(upload)) >= MAX_PARTS:
            raise FluxError(ErrorClass.BAD_ARGUMENT, f"a file comes in at most {MAX_PARTS:,} parts")
        if part:
            self._bytes.write(f"uploads/{upload}/{offset:012d}-{len(part)}", part)
        return size + len(part)

    def read(self, upload: str) -> bytes:
        return b"".join(
            self._bytes.read(f"uploads/{upload}/{offset:012d}-{length}") or b""
            for offset, length in self._parts(upload)
        )

    def remove(self, upload: str) -> None:
        self._parts(upload)
        self._bytes.remove_folder(f"uploads/{upload}")

    def _parts(self, upload: str) -> list[tuple[int, int]]:
        """Where each part begins, and how long it is."""
        names = self._bytes.names(f"uploads/{upload}") if _ID.fullmatch(upload) else ()
        if _BEGAN not in names:
            raise FluxError(
                ErrorClass.UNKNOWN_ID,
                f"there is no upload {quote(upload)}",
                suggestions=("begin one: POST /v1/uploads",),
            )
        pairs = (name.split("-") for name in names if name != _BEGAN)
        return [(int(offset), int(length)) for offset, length in pairs]
