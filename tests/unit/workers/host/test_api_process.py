"""The process of the API starts with little."""

from __future__ import annotations

import subprocess
import sys

from fluxagents.workers.host.api import process

HEAVY = ("cobra", "pandas", "numpy", "pyarrow", "openpyxl", "matplotlib", "langchain_core", "authlib")


def test_it_imports_neither_cobra_nor_what_only_some_answers_need() -> None:
    code = f"import sys, {process.SERVER}; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_http_app_knows_no_adapter() -> None:
    look = "[name for name in sys.modules if name.startswith('fluxagents.workers')]"
    code = f"import sys, fluxagents.scheduler.http.app; print({look})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_nobody_answers_on_a_port_that_is_free() -> None:
    assert not process.answers(1, timeout_s=0.1)
