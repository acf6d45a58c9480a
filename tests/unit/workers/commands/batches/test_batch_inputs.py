"""What a batch is given: lists in files."""

from __future__ import annotations

from pathlib import Path

import pytest

from fluxagents.flows.errors import FluxError
from fluxagents.workers.commands.batches.batch_inputs import read_list


def test_a_list_has_a_value_a_line_and_may_have_comments(tmp_path: Path) -> None:
    file = tmp_path / "models.txt"
    file.write_text("# mine\n\niJO1366\n  e_coli_core  \n")
    assert read_list(["a"], str(file)) == ["a", "iJO1366", "e_coli_core"]
    assert read_list(["a"], None) == ["a"]


@pytest.mark.parametrize("content", [None, "", "# nothing\n"])
def test_a_list_that_is_missing_or_empty_is_an_error(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "models.txt"
    if content is not None:
        file.write_text(content)
    with pytest.raises(FluxError, match=r"models\.txt"):
        read_list([], str(file))
