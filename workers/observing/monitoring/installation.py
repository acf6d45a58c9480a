"""How an installation does, from one reading of its metrics."""

from __future__ import annotations

from fluxagents.scheduler.http.ports import InstallationReading
from fluxagents.workers.observing.metrics.snapshot import Snapshot
from fluxagents.workers.observing.monitoring.alert_readings import read_alerts
from fluxagents.workers.observing.monitoring.live_panels import read_panels


def read_installation(snapshot: Snapshot) -> InstallationReading:
    """What the page of metrics has, as panels and alerts for people."""
    return InstallationReading(panels=tuple(read_panels(snapshot)), alerts=tuple(read_alerts(snapshot)))
