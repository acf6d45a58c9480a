"""Prometheus on the page of a running API, with the project's own files; their minutes are made shorter."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
import yaml
from tests.chaos.outside import find_port
from tests.support.places import ROOT
from tests.support.waiting import eventually

FILES = ROOT / "deploy" / "prometheus"
PACE = 5
"""How many seconds of the rules pass in one of the test; a scrape every 15 s is one every 3 s."""

DURATION = re.compile(r"(?<=\[)(\d+)([smhd])(?=\])")
AGE = re.compile(r"\bfluxagents_\w+_(?:age|overdue|task_limit)_seconds\b")
"""Metrics that say since when something lasts, or how long it may."""
UNITS_S = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}

Labels = Mapping[str, str]


class Prometheus:
    """A server that runs.

    Args:
        url: Where it answers.
    """

    def __init__(self, url: str) -> None:
        self._client = httpx2.Client(base_url=url, timeout=30)

    def close(self) -> None:
        self._client.close()

    def is_ready(self) -> bool:
        """Whether it answers queries."""
        try:
            return self._client.get("/-/ready").is_success
        except httpx2.TransportError:
            return False

    def query(self, expression: str) -> Sequence[tuple[Labels, float]]:
        """The series of a query, as of now, with their values.

        Args:
            expression: Its windows are those of production.
        """
        answer = self._client.get("/api/v1/query", params={"query": shorten_windows(expression)})
        assert answer.is_success, answer.text
        return [(each["metric"], float(each["value"][1])) for each in answer.json()["data"]["result"]]

    def firing(self) -> set[str]:
        """The alerts that fire now."""
        return {labels["alertname"] for labels, _ in self.query('ALERTS{alertstate="firing"}')}

    def fired(self) -> set[str]:
        """The alerts that fired since it started."""
        ever = self.query('count_over_time(ALERTS{alertstate="firing"}[10d])')
        return {labels["alertname"] for labels, _ in ever}


@contextmanager
def watching(folder: Path, *, port: int, key: str) -> Iterator[Prometheus]:
    """A server with an empty memory that scrapes an API; the test is skipped where none is installed.

    Args:
        folder: For its files and its memory.
        port: Of the API on this machine.
        key: For the API.
    """
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("Prometheus is not installed (Debian: prometheus)")
    _write_files(folder, port, key)
    address = f"127.0.0.1:{find_port()}"
    command = [
        program,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'series'}",
        f"--web.listen-address={address}",
    ]
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    server = Prometheus(f"http://{address}")
    try:
        eventually(server.is_ready)
        yield server
    finally:
        server.close()
        process.terminate()
        process.wait(30)


def shorten_windows(expression: str) -> str:
    """The same query for a time that passes `PACE` times as fast."""
    return DURATION.sub(lambda found: _shorten(found[0]), expression)


def _write_files(folder: Path, port: int, key: str) -> None:
    """The files of production, but for addresses and times."""
    (folder / "api-key").write_text(key)
    config = yaml.safe_load((FILES / "prometheus.yml").read_text())
    config["global"] = {name: _shorten(every) for name, every in config["global"].items()}
    config["alerting"] = {}
    (scrape,) = config["scrape_configs"]
    scrape["authorization"]["credentials_file"] = "api-key"
    scrape["static_configs"] = [{"targets": [f"127.0.0.1:{port}"]}]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    rules = yaml.safe_load((FILES / "rules.yml").read_text())
    for group in rules["groups"]:
        group["interval"] = _shorten(group["interval"])
        for rule in group["rules"]:
            rule["for"] = _shorten(rule["for"])
            rule["expr"] = AGE.sub(rf"{PACE} * \g<0>", shorten_windows(rule["expr"]))
    (folder / "rules.yml").write_text(yaml.safe_dump(rules))


def _shorten(duration: str) -> str:
    return f"{int(duration[:-1]) * UNITS_S[duration[-1]] * 1_000 // PACE}ms"
