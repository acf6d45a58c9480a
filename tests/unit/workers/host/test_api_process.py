"""The process of the API starts with little."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from fluxagents.workers.host.api import process

HEAVY = ("cobra", "pandas", "numpy", "pyarrow", "openpyxl", "matplotlib", "langchain_core", "authlib")

ROUTES = "fluxagents.scheduler.http.routes"


def test_a_start_imports_what_the_first_answer_needs(tmp_path: Path) -> None:
    """Neither cobra, nor what some answers need, nor addresses that nobody asked for."""
    code = (
        "import gc, sys; from fluxagents.workers.host.api.application import create; create(); "
        f"print([name for name in sys.modules if name in {HEAVY} or name.startswith('{ROUTES}.')], "
        "gc.isenabled())"
    )
    environment = {
        **os.environ,
        "FLUXAGENTS_REDIS_URL": "redis://127.0.0.1:1/0",
        "FLUXAGENTS_DATA_DIR": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == f"['{ROUTES}.pages', '{ROUTES}.sign_in'] True"


def test_the_http_app_knows_no_adapter() -> None:
    look = "[name for name in sys.modules if name.startswith('fluxagents.workers')]"
    code = f"import sys, fluxagents.scheduler.http.app; print({look})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_nobody_answers_on_a_port_that_is_free() -> None:
    assert not process.answers(1, timeout_s=0.1)
