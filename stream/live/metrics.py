"""What followers say of themselves, asked for at each scrape."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from stream.live.follower import Follower
from stream.live.status import ReplicaStatus
from stream.metrics.table import PLACE, Metric

RESTORING = Metric(
    "cutstream_follower_restoring",
    "gauge",
    "1 while the followed partition's state is not there, else 0.",
    PLACE,
)
OFFSET = Metric(
    "cutstream_follower_offset", "gauge", "The next offset that the follower reads.", PLACE
)
LAG_RECORDS = Metric(
    "cutstream_follower_lag_records", "gauge", "Offsets between it and the log's end.", PLACE
)
LAG_SECONDS = Metric(
    "cutstream_follower_lag_seconds",
    "gauge",
    "Age of the last record read while others wait behind it, else 0.",
    PLACE,
)
AHEAD = Metric(
    "cutstream_follower_ahead_records",
    "gauge",
    "Offsets beyond what the task's group has committed; below 0: behind it.",
    PLACE,
)
RESTARTS = Metric(
    "cutstream_follower_restarts_total",
    "counter",
    "States given up and rebuilt, for the log did not go on where they stood.",
    PLACE,
)

_READ: tuple[tuple[Metric, Callable[[ReplicaStatus], float | None]], ...] = (
    (RESTORING, lambda status: status.phase != "following"),
    (OFFSET, lambda status: status.offset),
    (LAG_RECORDS, lambda status: status.lag),
    (LAG_SECONDS, lambda status: status.lag_seconds),
    (AHEAD, lambda status: status.ahead),
    (RESTARTS, lambda status: status.restarts),
)
FOLLOWED = tuple(metric for metric, _ in _READ)


class FollowerCollector(Collector):
    """The metrics of followers, for a registry."""

    def __init__(self, followers: Sequence[Follower]) -> None:
        self._followers = followers

    def collect(self) -> Iterable[Family]:
        """Every metric, from the status as of now."""
        statuses = [follower.status() for follower in self._followers]
        for metric, read in _READ:
            family = _family(metric)
            for status in statuses:
                for replica in status.partitions:
                    value = read(replica)
                    if value is not None:
                        place = [status.task, replica.topic, str(replica.partition)]
                        family.add_metric(place, value)
            yield family

    def describe(self) -> Iterator[Family]:
        """Every metric, without samples."""
        return (_family(metric) for metric in FOLLOWED)


def _family(metric: Metric) -> GaugeMetricFamily | CounterMetricFamily:
    kind = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
    return kind(metric.name, metric.help, labels=metric.labels)
