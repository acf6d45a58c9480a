"""Tools are found, arguments checked and schemas written without a solver."""

from __future__ import annotations

import subprocess
import sys
from importlib.resources import files

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.registry import INDEX_FILE, index_json, tool_named


def test_the_index_imports_neither_a_tool_nor_its_libraries() -> None:
    code = (
        "import sys, fluxagents.tasks.registry as r; [entry.schema for entry in r.TOOLS.entries.values()];"
        "sys.exit(bool({'cobra', 'pandas', 'swiglpk', 'optlang', 'fluxagents.tasks.fba'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_no_tool_needs_cobra_to_check_arguments() -> None:
    code = (
        "import sys, fluxagents.tasks.registry as r; [tool.parse(tool.example) for tool in r.TOOLS.values()];"
        "sys.exit(bool({'cobra', 'optlang', 'libsbml'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_index_is_what_the_tools_say() -> None:
    stored = files("fluxagents.tasks").joinpath(INDEX_FILE).read_text(encoding="utf-8")
    assert stored == index_json(), "`make index` writes it anew"


def test_unknown_tool_names_the_nearest() -> None:
    with pytest.raises(FluxError, match=r"no tool 'run_fba'; nearest: .*run_metabolic_fba") as raised:
        tool_named("run_fba")
    assert raised.value.kind is ErrorClass.UNKNOWN_ID


def test_all_wrong_arguments_are_named_at_once() -> None:
    tool = tool_named("run_production_envelope")
    with pytest.raises(FluxError) as raised:
        tool.parse({"point": 3, "medium_changes": {"EX_o2_e": -1}})
    message = str(raised.value)
    assert raised.value.kind is ErrorClass.BAD_ARGUMENT
    assert "the unknown argument 'point' = 3" in message
    assert "'medium_changes.EX_o2_e' = -1" in message
    assert "'product_exchange'" in message
    assert "nearest: points" in message


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_arguments_are_finite(value: float) -> None:
    with pytest.raises(FluxError):
        tool_named("run_metabolic_fba").parse({"medium_changes": {"EX_o2_e": value}})


def test_a_schema_has_no_made_up_titles() -> None:
    assert '"title"' not in index_json()
