"""A histogram that takes a whole batch of values at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from threading import Lock

import numpy as np
from numpy.typing import ArrayLike, NDArray
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector, CollectorRegistry
from prometheus_client.utils import floatToGoString

from stream.metrics.table import Metric


class BatchHistogram(Collector):
    """A Prometheus histogram whose cost is per batch, not per value.

    prometheus_client's own takes a lock and walks its buckets for each value, which at one latency
    and one score per record would be a noticeable share of the time that a record costs.
    """

    def __init__(self, metric: Metric, registry: CollectorRegistry) -> None:
        self._metric = metric
        self._bounds = np.asarray(metric.buckets, dtype=np.float64)
        self._counts: dict[tuple[str, ...], NDArray[np.int64]] = {}
        self._sums: dict[tuple[str, ...], float] = {}
        self._lock = Lock()
        registry.register(self)

    def observe(self, labels: Sequence[str], values: ArrayLike) -> None:
        """Count values in: a number, or an array of any shape."""
        flat = np.atleast_1d(np.asarray(values, dtype=np.float64)).ravel()
        bucket = np.searchsorted(self._bounds, flat, side="left")
        added = np.bincount(bucket, minlength=len(self._bounds) + 1)
        key = tuple(labels)
        with self._lock:
            self._counts[key] = self._counts.get(key, 0) + added
            self._sums[key] = self._sums.get(key, 0.0) + float(flat.sum())

    def describe(self) -> Iterable[HistogramMetricFamily]:
        """The metric without its values (the registry asks for it to find clashes of names)."""
        return [self._family()]

    def collect(self) -> Iterable[HistogramMetricFamily]:
        """The metric with its values."""
        family = self._family()
        bounds = [*map(floatToGoString, self._bounds), "+Inf"]
        with self._lock:
            for labels, counts in self._counts.items():
                buckets = list(zip(bounds, np.cumsum(counts).tolist(), strict=True))
                family.add_metric(list(labels), buckets, self._sums[labels])
        return [family]

    def _family(self) -> HistogramMetricFamily:
        return HistogramMetricFamily(
            self._metric.name, self._metric.help, labels=self._metric.labels
        )
