"""The name of a file that a strain is exported to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cobra import Model

_NAMED_KNOCK_OUTS = 3
_LONGEST_STEM = 80


def name_file(model: Model, knock_outs: Sequence[str], suffix: str) -> str:
    """The model's id and what the strain lacks, in letters that any system takes, with a suffix."""
    lacking = f"_without_{'_'.join(knock_outs[:_NAMED_KNOCK_OUTS])}" if knock_outs else ""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "_", (model.id or "model") + lacking)
    return f"{stem[:_LONGEST_STEM]}{suffix}"
