"""The bytes of a model file on this machine or under a URL, and the format that its name says."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path, PurePosixPath

import fsspec

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.ports.models import ModelFormat
from fluxagents.workers.files.remote_files import hide_secrets, plain_url, refusal

MAX_FILE_BYTES = 200_000_000
"""The largest public genome-scale models (Recon3D, Human-GEM) take 40 MB as SBML."""

MAX_SECONDS = 300.0
"""For a file from the web."""

_WEB = {"http", "https"}
_UNGUARDED = {
    "ftp", "sftp", "ssh", "smb", "webdav", "webhdfs", "hdfs", "arrow_hdfs", "git", "github", "jlab",
    "jupyter",
}  # fmt: skip
"""What names a host of the user's choice, by a library that asks any address."""

_PLAIN = {
    ".xml": ModelFormat.SBML,
    ".sbml": ModelFormat.SBML,
    ".json": ModelFormat.JSON,
    ".yml": ModelFormat.YAML,
    ".yaml": ModelFormat.YAML,
    ".mat": ModelFormat.MATLAB,
}

FORMATS = _PLAIN | {
    f"{suffix}{packed}": kind
    for suffix, kind in _PLAIN.items()
    for packed in (".gz", ".bz2")
    if kind is not ModelFormat.MATLAB  # which is compressed inside
}
"""Suffix -> format; the compressed ones are told by the suffix as well."""


def is_url(text: str) -> bool:
    """Whether a text names something in an object store rather than on this machine."""
    return "://" in text


def suffix_of(name: str) -> str:
    """The longest supported suffix of a file's name; what stands after the last dot if there is none."""
    folded = name.lower()
    fitting = [suffix for suffix in FORMATS if folded.endswith(suffix)]
    return max(fitting, key=len) if fitting else PurePosixPath(folded).suffix


def format_of(shown: str, suffix: str) -> ModelFormat:
    """The format of a suffix; raises `UNREADABLE_MODEL` if there is none."""
    kind = FORMATS.get(suffix)
    if kind is None:
        message = f"model file '{shown}' has no supported suffix"
        raise FluxError(ErrorClass.UNREADABLE_MODEL, message, suggestions=(f"one of {', '.join(FORMATS)}",))
    return kind


def file_bytes(source: Path | str, hosts: Collection[str] = ()) -> bytes:
    """The bytes of a file or URL.

    Args:
        source: A path; an address of the web; or what fsspec opens in an object store.
        hosts: Names of web servers that may have private addresses.

    Raises:
        FluxError: `UNREADABLE_MODEL` if it cannot be read, is empty, or is larger than a model can be.
    """
    if isinstance(source, str) and is_url(source):
        data = _url_bytes(source, hosts)
    else:
        data = _local_bytes(Path(source))
    check_size(file_name(source), len(data))
    return data


def file_name(source: Path | str) -> str:
    """The last part of a path or URL."""
    return PurePosixPath(plain_url(source) if isinstance(source, str) else source).name


def check_size(shown: str, size: int) -> None:
    """Refuse a file that is empty or larger than a model can be."""
    if size == 0:
        raise FluxError(ErrorClass.UNREADABLE_MODEL, f"model file '{shown}' is empty")
    if size > MAX_FILE_BYTES:
        message = f"model file '{shown}' has more than {MAX_FILE_BYTES // 1_000_000} MB"
        raise FluxError(ErrorClass.UNREADABLE_MODEL, message)


def _local_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise _unreadable(str(path), error.strerror or str(error) or type(error).__name__) from error


def _url_bytes(url: str, hosts: Collection[str]) -> bytes:
    scheme = url.partition("://")[0].lower()
    if "::" in url or scheme in _UNGUARDED:
        raise _unreadable(
            hide_secrets(url), "models come from the web or an object store, by http, https or s3"
        )
    try:
        if scheme in _WEB:
            return _fetch(url, hosts)
        with fsspec.open(url, "rb") as file:
            return bytes(file.read(MAX_FILE_BYTES + 1))
    except TimeoutError:
        raise _unreadable(hide_secrets(url), f"it takes more than {MAX_SECONDS:g} s") from None
    except Exception as error:  # noqa: BLE001 - each file system has errors of its own
        reason, suggestions = refusal(url, error)
        # Without the cause, whose text may hold a key or a token.
        raise _unreadable(hide_secrets(url), reason, suggestions) from None


def _fetch(url: str, hosts: Collection[str]) -> bytes:
    # Its package is an extra, and slow to import.
    from fluxagents.workers.files.web.web_files import fetch  # noqa: PLC0415

    return fetch(url, max_bytes=MAX_FILE_BYTES + 1, seconds=MAX_SECONDS, hosts=hosts)


def _unreadable(shown: str, reason: str, suggestions: tuple[str, ...] = ()) -> FluxError:
    message = f"model file '{shown}' cannot be read: {reason}"
    return FluxError(ErrorClass.UNREADABLE_MODEL, message, suggestions=suggestions)
