"""One reading of all metrics, and what can be said from it without the past."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from math import isinf

from prometheus_client.metrics_core import Metric as Family
from prometheus_client.samples import Sample

from fluxagents.workers.observing.metrics.metric import Metric


class Snapshot:
    """The samples of a scrape.

    Args:
        families: As the collector of the page of metrics yields them.
    """

    def __init__(self, families: Iterable[Family]) -> None:
        self._samples: dict[str, list[Sample]] = defaultdict(list)
        for family in families:
            for sample in family.samples:
                self._samples[sample.name].append(sample)

    def list_samples(self, name: str) -> Sequence[Sample]:
        """Those of a series; of a histogram they end in `_bucket`, `_count` and `_sum`."""
        return self._samples.get(name, ())

    def sum_by(self, name: str, *labels: str) -> dict[tuple[str, ...], float]:
        """The samples of a series, added up by some of its labels."""
        sums: dict[tuple[str, ...], float] = defaultdict(float)
        for sample in self.list_samples(name):
            sums[tuple(sample.labels[label] for label in labels)] += sample.value
        return dict(sums)

    def find_quantiles(self, histogram: Metric, label: str, share: float) -> dict[str, float]:
        """A quantile of a histogram by a label, in its unit, as `histogram_quantile` of Prometheus finds it.

        Args:
            histogram: Of which all observations count, whenever they were made.
            label: The rows.
            share: 0.5 for the median.
        """
        buckets: dict[str, dict[float, float]] = defaultdict(dict)
        for (row, bound), count in self.sum_by(f"{histogram.name}_bucket", label, "le").items():
            buckets[row][float(bound)] = count
        return {
            row: _interpolate(counts, share) for row, counts in buckets.items() if counts[float("inf")] > 0
        }


def _interpolate(counts: Mapping[float, float], share: float) -> float:
    """Where a share of the observations lies, if those of each bucket are spread evenly.

    Args:
        counts: Upper bound -> how many observations are not above it.
        share: Between 0 and 1.
    """
    rank = share * counts[float("inf")]
    for (lower, below), (upper, within) in pairwise([(0.0, 0.0), *sorted(counts.items())]):
        if within >= rank:
            # Above the last bound nothing more is known.
            return lower if isinf(upper) else lower + (upper - lower) * (rank - below) / (within - below)
    raise AssertionError("the last bucket holds all observations")
