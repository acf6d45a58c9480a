"""The demo says where to look, also where ports were taken and others chosen."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fluxagents.workers.commands.services.demo import tell_places
from fluxagents.workers.host import run_file
from fluxagents.workers.host.run_file import RunStatus
from fluxagents.workers.machine.process import ProcessId
from fluxagents.workers.settings import Settings


def test_the_addresses_are_those_that_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(data_dir=tmp_path)
    status = RunStatus(
        supervisor=ProcessId.of(os.getpid()),
        services=(),
        redis="",
        flower="http://127.0.0.1:15555",
        api="http://127.0.0.1:18100",
    )
    run_file.write(settings.run_file, status)
    tell_places(settings, tmp_path / "findings.csv")
    said = capsys.readouterr().out
    for place in ("15555 ", "18100/healthz?verbose", "18100/metrics", "*Operations*", str(settings.log_dir)):
        assert place in said
