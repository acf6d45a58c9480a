"""Why a file cannot be read as a model."""

from __future__ import annotations


class RefusedFileError(Exception):
    """The file cannot be read as a model; the message says why."""
