"""What a metric is, and how the metrics of one area are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fluxagents.workers.observing.metrics.amounts import SEPARATOR

Kind = Literal["counter", "gauge", "histogram"]
Topic = Literal[
    "runs", "queues", "steps", "tools", "chat models", "humans", "triggers", "api", "nodes", "redis"
]

MS = 0.001


@dataclass(frozen=True, slots=True)
class Metric:
    """What is measured."""

    name: str
    kind: Kind
    topic: Topic
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    """Upper bounds of a histogram, in the unit of its name."""
    scale: float = 1.0
    """What one stands for that the store counts, in the unit of the name: it counts whole numbers."""

    def series(self, *values: str) -> str:
        """The name under which the store counts for these values of the labels."""
        assert len(values) == len(self.labels), f"{self.name} has the labels {self.labels}"
        return SEPARATOR.join((self.name, *values))


class Area:
    """The metrics of one topic, in the order in which they were added.

    Args:
        topic: Its heading in the reference, and its dashboard.
    """

    def __init__(self, topic: Topic) -> None:
        self.topic = topic
        self.metrics: list[Metric] = []

    def counter(self, name: str, meaning: str, *labels: str, scale: float = 1.0) -> Metric:
        """Add what only grows; `scale` is that of `Metric`."""
        return self._add(Metric(name, "counter", self.topic, meaning, labels, scale=scale))

    def gauge(self, name: str, meaning: str, *labels: str) -> Metric:
        """Add what goes up and down."""
        return self._add(Metric(name, "gauge", self.topic, meaning, labels))

    def histogram(self, name: str, meaning: str, *labels: str, buckets: tuple[float, ...]) -> Metric:
        """Add times in seconds, of which the store counts milliseconds; the buckets are in seconds."""
        return self._add(Metric(name, "histogram", self.topic, meaning, labels, buckets, MS))

    def _add(self, metric: Metric) -> Metric:
        self.metrics.append(metric)
        return metric
