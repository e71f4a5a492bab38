"""The metrics of the table, made on a registry."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from prometheus_client import CollectorRegistry, Counter, Gauge, Info

from stream.metrics.histogram import BatchHistogram
from stream.metrics.table import BUILD, TABLE, Metric


class Metrics:
    """Every metric of the table. Safe for several threads."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        kinds = {kind: [m for m in TABLE if m.kind == kind] for kind in ("counter", "gauge")}
        self._counters = {
            m: Counter(m.name.removesuffix("_total"), m.help, m.labels, registry=registry)
            for m in kinds["counter"]
        }
        self._gauges = {
            m: Gauge(m.name, m.help, m.labels, registry=registry) for m in kinds["gauge"]
        }
        self._histograms = {m: BatchHistogram(m, registry) for m in TABLE if m.kind == "histogram"}
        build = Info(BUILD.name.removesuffix("_info"), BUILD.help, registry=registry)
        build.info({"version": _version(), "python": platform.python_version()})

    def counter(self, metric: Metric, *labels: str) -> Counter:
        """The counter of the table with these label values."""
        found = self._counters[metric]
        return found.labels(*labels) if metric.labels else found

    def gauge(self, metric: Metric, *labels: str) -> Gauge:
        """The gauge of the table with these label values."""
        found = self._gauges[metric]
        return found.labels(*labels) if metric.labels else found

    def drop(self, metric: Metric, *labels: str) -> None:
        """Take a gauge's labels out of what is exposed (nothing happens if they are not in it)."""
        self._gauges[metric].remove(*labels)

    def histogram(self, metric: Metric) -> BatchHistogram:
        """The histogram of the table."""
        return self._histograms[metric]


def _version() -> str:
    try:
        return version("cutstream")
    except PackageNotFoundError:
        return "unknown"
