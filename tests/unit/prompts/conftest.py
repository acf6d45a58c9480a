"""Small prompts to test with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fluxagents.prompts.versions.manager import PromptManager

HEAD = """---
name: greeting
version: 1
purpose: Greets.
variables:
  who: string
  times: integer
cases:
  - name: one
    variables: {who: Ada, times: 2}
    expect: [Hello Ada]
    reject: [Bob]
---
"""

Write = Callable[[str], PromptManager]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A manager over one file `greeting.md.j2` with this content."""

    def write_template(content: str) -> PromptManager:
        (tmp_path / "greeting.md.j2").write_text(content)
        return PromptManager(tmp_path)

    return write_template


@pytest.fixture
def head() -> str:
    return HEAD
