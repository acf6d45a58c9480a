"""Which addresses the doors of the API treat otherwise than the rest."""

from __future__ import annotations

PROTECTED = ("/v1/", "/a2h/", "/metrics/")
"""What lies below them is for those who show a key; the rest tells nothing of anybody."""

HOOKS = "/v1/hooks/"
"""Below it a signature is the proof, which its route checks."""

UPLOADS = "/v1/uploads/"
"""Below it bodies are parts of files."""

FILE_FORMS = frozenset({"/genomes", "/models"})
"""Pages whose forms bring files, each as large as a part of an upload."""


def takes_key(path: str) -> bool:
    """Whether nobody comes to an address without a key or a session."""
    return f"{path}/".startswith(PROTECTED) and not path.startswith(HOOKS)
