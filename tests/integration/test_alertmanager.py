"""A real Alertmanager with the project's own file does not send what follows from another alert."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator

import httpx2
import pytest
from tests.support.places import ROOT
from tests.support.waiting import eventually

from fluxagents.workers.host.loopback import free_port

FILE = ROOT / "deploy" / "prometheus" / "alertmanager.yml"


@pytest.fixture(scope="module")
def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    program = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    if program is None:
        pytest.skip("Alertmanager is not installed (Debian: prometheus-alertmanager)")
    folder = tmp_path_factory.mktemp("alertmanager")
    address = f"127.0.0.1:{free_port(0)}"
    options = (f"--config.file={FILE}", f"--storage.path={folder}", f"--web.listen-address={address}")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, *options, "--cluster.listen-address="], stdout=log, stderr=log)
    try:
        with httpx2.Client(base_url=f"http://{address}", timeout=30) as client:
            eventually(lambda: _is_ready(client))
            yield client
    finally:
        process.terminate()
        process.wait(30)


def _is_ready(client: httpx2.Client) -> bool:
    try:
        return client.get("/-/ready").is_success
    except httpx2.TransportError:
        return False


def name(alert: str, **labels: str) -> dict[str, str]:
    return {"alertname": alert, **labels}


def sends(client: httpx2.Client, *alerts: dict[str, str], of: list[dict[str, str]]) -> bool:
    """Whether these alone are sent of some that fire."""
    client.post("/api/v2/alerts", json=[{"labels": each} for each in of]).raise_for_status()
    shown = client.get("/api/v2/alerts", params={"inhibited": "false"}).raise_for_status().json()
    sent = [each["labels"] for each in shown]
    return [each for each in of if each in sent] == list(alerts)


def test_a_growing_queue_is_sent_unless_its_provider_fails(alertmanager: httpx2.Client) -> None:
    decisions, tools = (name("QueueGrowing", queue=queue) for queue in ("decide.new", "tools.new"))
    failing = name("ProviderFailing", chat_model="m")
    eventually(lambda: sends(alertmanager, decisions, tools, of=[decisions, tools]))
    eventually(lambda: sends(alertmanager, tools, failing, of=[decisions, tools, failing]))


def test_without_an_exporter_nothing_else_is_sent(alertmanager: httpx2.Client) -> None:
    absent, others = name("ExporterAbsent"), [name("ClockSkew"), name("BeatDown")]
    eventually(lambda: sends(alertmanager, absent, of=[*others, absent]))
