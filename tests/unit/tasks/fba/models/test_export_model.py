"""An exported model reads back as it was written, in every format, also without some genes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any, get_args

import libsbml  # type: ignore[import-untyped]
import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.models.model_file import FileFormat, decode_model, encode_model

NAME = "export_model"


@pytest.mark.parametrize("kind", get_args(FileFormat))
def test_the_model_without_a_gene_comes_back(textbook: Any, call: Callable[..., Any], kind: Any) -> None:
    found = call(NAME, textbook, format=kind, knock_outs=["PGI"], medium_changes={"EX_glc__D_e": 12})
    assert (found.is_unchanged, found.differences) == (True, ())
    assert found.file.name.startswith("e_coli_core_without_PGI.")
    again = decode_model(found.file.content, kind)
    assert again.reactions.PGI.bounds == (0, 0)
    assert again.reactions.EX_glc__D_e.lower_bound == -12
    with textbook:
        textbook.reactions.PGI.knock_out()
        textbook.reactions.EX_glc__D_e.lower_bound = -12
        assert again.slim_optimize() == pytest.approx(textbook.slim_optimize(), rel=1e-6)
    assert found.growth_per_h == pytest.approx(again.slim_optimize(), rel=1e-6)
    assert textbook.reactions.PGI.bounds == (-1000, 1000)


def test_without_glta_there_is_no_growth(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, knock_outs=["b0720"])
    assert (found.status, found.closed_by_knock_outs) == ("zero_growth", ("CS",))
    again = decode_model(found.file.content, "sbml")
    assert again.reactions.CS.bounds == (0, 0)
    assert again.slim_optimize() == pytest.approx(0, abs=1e-9)


def test_sbml_is_level_3_with_fbc_2_and_valid(textbook: Any, call: Callable[..., Any]) -> None:
    content = call(NAME, textbook, knock_outs=["b0720"]).file.content
    document = libsbml.readSBMLFromString(content.decode())
    assert (document.getLevel(), document.getPlugin("fbc").getPackageVersion()) == (3, 2)
    assert document.getModel().getPlugin("fbc").getStrict()
    document.checkConsistency()
    severe = (document.getError(number) for number in range(document.getNumErrors()))
    assert [error.getMessage() for error in severe if error.getSeverity() >= libsbml.LIBSBML_SEV_ERROR] == []


@pytest.mark.parametrize("kind", get_args(FileFormat))
def test_a_minimised_objective_stays(textbook: Any, kind: Any) -> None:
    with textbook:
        textbook.objective = "EX_glc__D_e"
        textbook.objective_direction = "min"
        again = decode_model(encode_model(textbook, kind), kind)
    assert again.objective_direction == "min"


@pytest.fixture(scope="module")
def digests_elsewhere() -> dict[str, str]:
    """Format -> digest of the file that another process writes."""
    code = (
        "import json; from importlib.util import find_spec; from pathlib import Path\n"
        "from cobra.io import read_sbml_model\n"
        "from fluxagents.tasks.registry import tool_named\n"
        "data = Path(find_spec('cobra').origin).parent / 'data' / 'textbook.xml.gz'\n"
        "tool = tool_named('export_model')\n"
        "def write(kind):\n"
        "    return tool.run(read_sbml_model(str(data)), tool.parse({'format': kind})).file.digest\n"
        f"print(json.dumps({{kind: write(kind) for kind in {get_args(FileFormat)!r}}}))"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    digests: dict[str, str] = json.loads(other.stdout)
    return digests


@pytest.mark.parametrize("kind", get_args(FileFormat))
def test_another_process_writes_the_same_bytes(
    fresh_textbook: Any, call: Callable[..., Any], digests_elsewhere: dict[str, str], kind: str
) -> None:
    assert digests_elsewhere[kind] == call(NAME, fresh_textbook, format=kind).file.digest


def test_a_genome_scale_model_comes_back(ijo1366: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, ijo1366, knock_outs=["b0720"])
    assert found.is_unchanged
    assert len(found.summary()["file"]["digest"]) == len("sha256:") + 64


def test_a_gene_that_is_not_in_the_model(textbook: Any, call: Callable[..., Any]) -> None:
    with pytest.raises(FluxError, match="b072") as raised:
        call(NAME, textbook, knock_outs=["b072"])
    assert raised.value.kind is ErrorClass.UNKNOWN_ID
