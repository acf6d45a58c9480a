"""Tools are found, arguments checked and schemas written without a solver."""

from __future__ import annotations

import subprocess
import sys

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.registry import TOOLS, schema, tool_named, validated


def test_registry_imports_neither_cobra_nor_numpy() -> None:
    code = (
        "import sys, fluxagents.tasks.registry as r; [r.schema(t) for t in r.TOOLS.values()];"
        "sys.exit(bool({'cobra', 'pandas', 'numpy', 'swiglpk', 'optlang'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_unknown_tool_names_the_nearest() -> None:
    with pytest.raises(FluxError, match=r"no tool 'run_fba'; nearest: run_metabolic_fba") as raised:
        tool_named("run_fba")
    assert raised.value.kind is ErrorClass.UNKNOWN_ID


def test_all_wrong_arguments_are_named_at_once() -> None:
    tool = tool_named("run_production_envelope")
    with pytest.raises(FluxError) as raised:
        validated(tool, {"point": 3, "medium_changes": {"EX_o2_e": -1}})
    message = str(raised.value)
    assert raised.value.kind is ErrorClass.BAD_ARGUMENT
    assert "the unknown argument 'point' = 3" in message
    assert "'medium_changes.EX_o2_e' = -1" in message
    assert "'product_exchange'" in message
    assert "nearest: points" in message


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_arguments_are_finite(value: float) -> None:
    with pytest.raises(FluxError):
        validated(tool_named("run_metabolic_fba"), {"medium_changes": {"EX_o2_e": value}})


def test_a_schema_has_no_made_up_titles() -> None:
    assert '"title"' not in str(schema(TOOLS["analyze_essentiality"])).replace("'", '"')
