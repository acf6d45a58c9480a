"""Metrics as Prometheus reads them: what the store counted, and gauges that were read just now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar

from fluxagents.workers.observing.metrics.amounts import SEPARATOR, SUM, TraceMark
from fluxagents.workers.observing.metrics.catalog import BY_NAME, METRICS
from fluxagents.workers.observing.metrics.metric import Metric

Labels = tuple[str, ...]
Bucket = tuple[str, float]
"""Its upper bound, and how many observations are not above it."""
TracedBucket = tuple[str, float, Exemplar]

TRACE_LABEL = "trace_id"
"""Of an exemplar, as the conventions of OpenTelemetry name it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The value of a metric for one set of labels."""

    metric: Metric
    labels: Labels
    value: float


class SnapshotCollector(Collector):
    """Shows one snapshot, and every metric of the catalogue, also those that have no value yet.

    Args:
        counts: By series, as the store keeps them.
        readings: Of gauges, and of counters that others count.
        exemplars: Traces by bucket of a histogram, as the store names it; OpenMetrics alone shows them.
    """

    def __init__(
        self,
        counts: Mapping[str, int],
        readings: Iterable[Reading],
        exemplars: Mapping[str, TraceMark] = MappingProxyType({}),
    ) -> None:
        self._exemplars = exemplars
        self._counted = _sort_counts(counts)
        self._readings: dict[str, list[Reading]] = defaultdict(list)
        for reading in readings:
            self._readings[reading.metric.name].append(reading)

    def collect(self) -> Iterator[Family]:
        """One family for each metric."""
        for metric in METRICS:
            if metric.kind == "histogram":
                yield _build_histogram(metric, self._counted[metric.name], self._exemplars)
            else:
                family = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
                yield self._fill(family(metric.name, metric.help, labels=metric.labels), metric)

    def _fill(self, family: CounterMetricFamily | GaugeMetricFamily, metric: Metric) -> Family:
        values = {
            labels: sum(counts.values()) * metric.scale
            for labels, counts in self._counted[metric.name].items()
        }
        values |= {reading.labels: reading.value for reading in self._readings[metric.name]}
        if metric.kind == "counter" and not metric.labels:
            # A counter that appears with its first count has no increase.
            values.setdefault((), 0.0)
        for labels, value in sorted(values.items()):
            family.add_metric(labels, value)
        return family


def write_page(collector: Collector, accept: str = "") -> tuple[bytes, str]:
    """The page, and its media type: OpenMetrics for those who want it.

    Args:
        collector: What it shows.
        accept: The header of the request.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    encode, media_type = choose_encoder(accept)
    return encode(registry), media_type


def _sort_counts(counts: Mapping[str, int]) -> dict[str, dict[Labels, dict[str, int]]]:
    """The counts by metric and labels; those of metrics that another version had are left out."""
    sorted_counts: dict[str, dict[Labels, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for series, count in counts.items():
        name, *values = series.split(SEPARATOR)
        metric = BY_NAME.get(name)
        if metric is None:
            continue
        bucket = values.pop() if metric.kind == "histogram" and values else ""
        if len(values) == len(metric.labels):
            sorted_counts[name][tuple(values)][bucket] = count
    return sorted_counts


def _build_histogram(
    metric: Metric, counted: Mapping[Labels, Mapping[str, int]], marks: Mapping[str, TraceMark]
) -> HistogramMetricFamily:
    family = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
    if not metric.labels and not counted:
        counted = {(): {}}
    for labels, counts in sorted(counted.items()):
        series = metric.series(*labels)
        buckets = [
            _add_exemplar(bucket, marks.get(f"{series}{SEPARATOR}{at}"))
            for at, bucket in enumerate(_add_up_buckets(metric.buckets, counts))
        ]
        family.add_metric(labels, buckets, counts.get(SUM, 0) * metric.scale)
    return family


def _add_up_buckets(bounds: Sequence[float], counts: Mapping[str, int]) -> Iterator[Bucket]:
    """How many observations are not above each bound."""
    total = 0
    for at, bound in enumerate((*bounds, float("inf"))):
        total += counts.get(str(at), 0)
        yield "+Inf" if bound == float("inf") else str(bound), float(total)


def _add_exemplar(bucket: Bucket, mark: TraceMark | None) -> Bucket | TracedBucket:
    if mark is None:
        return bucket
    return *bucket, Exemplar({TRACE_LABEL: mark.trace}, mark.ms / 1_000, mark.at_ms / 1_000)
