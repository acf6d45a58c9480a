"""A library gives flows by name; a file that changes on disk gives its new flow."""

from __future__ import annotations

from pathlib import Path

import pytest

from fluxagents.flows.errors import FluxError
from fluxagents.scheduler.flow_files.flow_library import FlowLibrary

FLOW = """
flow: mine
version: {version}
purpose: p
start: end
nodes:
  end: {{kind: end, message: seen}}
"""


def test_a_changed_file_is_seen(tmp_path: Path) -> None:
    library, file = FlowLibrary([tmp_path]), tmp_path / "mine.yaml"
    file.write_text(FLOW.format(version=1))
    assert library.get("mine").version == 1
    assert library.get("mine") is library.get("mine")
    file.write_text(FLOW.format(version=2))
    assert library.get("mine").version == 2
    file.write_text("flow: mine\nversion: two\n")
    assert "mine" not in library.flows()
    assert [f"{file}:2" in error.message for error in library.errors()] == [True]
    file.unlink()
    with pytest.raises(FluxError, match="there is no flow 'mine'"):
        library.get("mine")


def test_a_new_flow_hides_the_shipped_one_of_its_name(tmp_path: Path) -> None:
    library = FlowLibrary([tmp_path])
    shipped = library.get("metabolic_analysis")
    (tmp_path / "other.yml").write_text(FLOW.format(version=9).replace("mine", "metabolic_analysis"))
    assert library.get("metabolic_analysis").version == 9
    (tmp_path / "other.yml").unlink()
    assert library.get("metabolic_analysis") is shipped
