"""The profile `monitoring` of compose.yaml: Prometheus reads the API, and an alert reaches its receiver."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from tests.compose.podman import Podman
from tests.compose.site import Site
from tests.support.places import ROOT
from tests.support.waiting import eventually
from tests.support.webhook_receiver import Receiver, receive

PROFILE = ("--profile", "monitoring")
ADDRESS = "http://127.0.0.1:9090/api/v1"
SERVICES: tuple[str, ...] = tuple(
    name
    for name, service in yaml.safe_load((ROOT / "compose.yaml").read_text())["services"].items()
    if "monitoring" in service.get("profiles", ())
)
DEBIAN = ("prometheus", "alertmanager")
"""Of these services Debian has packages; of Grafana and Jaeger it has none."""
KEY = ("fluxagents", "api-keys", "create", "--purpose", "Prometheus", "--json")
"""As docs/metrics.md says."""


class Monitoring:
    """Those services of the profile that can run here.

    Args:
        site: The installation that they watch, which is up.
        podman: What runs them.
        services: Which of them; the others are said to be missing.
    """

    def __init__(self, site: Site, podman: Podman, services: Sequence[str]) -> None:
        self._site = site
        self._podman = podman
        self._services = tuple(services)
        self._files = podman.site / "deploy" / "prometheus"

    @contextmanager
    def up(self) -> Iterator[Receiver]:
        """Give Prometheus its key and Alertmanager a receiver, and start them; the receiver."""
        key = json.loads(self._podman.exec("api", *KEY))["key"]
        (self._files / "api-key").write_text(key)
        with receive(host=self._podman.find_gateway()) as receiver:
            _name_receiver(self._files / "alertmanager.yml", receiver.url)
            self._podman.compose(*PROFILE, "up", "--detach", "--no-build", *self._services)
            for service in self._services:
                self._site.await_health(service)
            yield receiver

    def check_scrapes(self) -> str:
        """Prometheus reads the API, has every rule, and knows Alertmanager; what it has, in a few words."""
        eventually(lambda: [each["health"] for each in _list("targets", "activeTargets")] == ["up"])
        rules = {
            rule["name"]: rule["health"] for group in _list("rules", "groups") for rule in group["rules"]
        }
        groups = yaml.safe_load((self._files / "rules.yml").read_text())["groups"]
        assert set(rules) == {rule["alert"] for group in groups for rule in group["rules"]}, rules
        eventually(
            lambda: (
                {rule["health"] for group in _list("rules", "groups") for rule in group["rules"]} == {"ok"}
            )
        )
        assert [each["url"] for each in _list("alertmanagers", "activeAlertmanagers")] == [
            "http://alertmanager:9093/api/v2/alerts"
        ]
        return f"{len(rules)} rules"

    def check_alert(self, receiver: Receiver) -> None:
        """Without beat its alert comes to the pager, and no other; with beat it is resolved."""
        self._site.stop("beat")
        eventually(lambda: "firing" in _tell(receiver, "BeatDown"), within_s=300.0, every_s=1.0)
        self._site.up("beat")
        eventually(lambda: "resolved" in _tell(receiver, "BeatDown"), within_s=600.0, every_s=1.0)
        assert {request.path for request in receiver.received} == {"/pager"}
        told = {
            alert["labels"]["alertname"]
            for request in receiver.received
            for alert in request.document["alerts"]
        }
        assert told == {"BeatDown"}

    def down(self) -> None:
        """Take the profile down; what it watched goes on."""
        self._podman.compose(*PROFILE, "down", *self._services)
        left = self._podman("ps", "--format", "{{.Names}}")
        assert not [name for name in self._services if f"_{name}_" in left], left
        for service in ("api", "beat"):
            self._site.await_health(service)


def _name_receiver(file: Path, url: str) -> None:
    """Send what each receiver gets to an address that ends with its name, soon also what is resolved."""
    config = yaml.safe_load(file.read_text())
    config["route"]["group_interval"] = "30s"
    for each in config["receivers"]:
        each["webhook_configs"] = [{"url": f"{url}/{each['name']}"}]
    file.write_text(yaml.safe_dump(config))


def _list(path: str, part: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{ADDRESS}/{path}", timeout=30) as answer:
        return list(json.load(answer)["data"][part])


def _tell(receiver: Receiver, alert: str) -> set[str]:
    """In which states an alert came."""
    return {
        each["status"]
        for request in receiver.received
        for each in request.document["alerts"]
        if each["labels"]["alertname"] == alert
    }
