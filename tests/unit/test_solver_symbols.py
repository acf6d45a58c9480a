"""optlang takes sympy's symbols in every process that imports fluxagents first, and others are told."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

CHOICE = "import optlang.symbolics as symbolics; print(symbolics.USE_SYMENGINE)"


def run(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A fresh process in which nobody has chosen yet."""
    clean = {name: value for name, value in os.environ.items() if name != "OPTLANG_USE_SYMENGINE"}
    return subprocess.run(
        [sys.executable, "-W", "always", "-c", program],
        env=clean | environment,
        capture_output=True,
        text=True,
        check=True,
    )


@pytest.fixture(autouse=True)
def _symengine() -> None:
    pytest.importorskip("symengine", reason="without the extra community optlang has sympy only")


def test_programs_of_a_process_are_made_of_sympys_symbols() -> None:
    done = run(f"import fluxagents; {CHOICE}")
    assert done.stdout == "False\n"
    assert done.stderr == ""


def test_a_process_that_has_chosen_before_is_told() -> None:
    done = run(f"{CHOICE}; import fluxagents")
    assert done.stdout == "True\n"
    assert "import fluxagents first, or set OPTLANG_USE_SYMENGINE=false" in done.stderr


def test_who_asks_for_symengine_gets_it() -> None:
    done = run(f"{CHOICE}; import fluxagents", OPTLANG_USE_SYMENGINE="true")
    assert done.stdout == "True\n"
    assert done.stderr == ""
