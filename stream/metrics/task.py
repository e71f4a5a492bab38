"""What a runner reports of its task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from operator import attrgetter

import numpy as np
from numpy.typing import ArrayLike

from stream.metrics import table
from stream.metrics.metrics import Metrics
from stream.metrics.observed import Observed
from stream.records import Outgoing, Record, TopicPartition

TOPIC, TIMESTAMP = attrgetter("topic"), attrgetter("timestamp")
PER_PARTITION = (
    *(table.LAG_RECORDS, table.LAG_SECONDS, table.POSITION_AGE, table.SNAPSHOT_AGE),
    *(table.RESTORING, table.ENTITIES),
)
# A counter that is not there cannot be alarmed on, so those that should stay 0 start at 0.
FROM_THE_START = (
    *(table.REPLAY_MISMATCH, table.CORRUPT_SNAPSHOTS, table.FENCED, table.UNAVAILABLE),
    *(table.MODEL_ERRORS, table.REBUILDS),
)


class TaskMetrics:
    """The metrics of one task: a thin layer that puts the labels on."""

    def __init__(self, metrics: Metrics, task: str) -> None:
        self._metrics = metrics
        self._task = task
        for metric in FROM_THE_START:
            self.count(metric, 0)

    def count(self, metric: table.Metric, amount: float = 1, *labels: str) -> None:
        """Add to a counter."""
        self._metrics.counter(metric, self._task, *labels).inc(amount)

    def observe(self, metric: table.Metric, values: ArrayLike) -> None:
        """Add to a histogram."""
        self._metrics.histogram(metric).observe((self._task,), values)

    def state(self, metric: table.Metric, value: float) -> None:
        """Set a gauge of the task."""
        self._metrics.gauge(metric, self._task).set(value)

    def place(self, metric: table.Metric, tp: TopicPartition, value: float) -> None:
        """Set a gauge of one partition."""
        self._metrics.gauge(metric, self._task, tp.topic, str(tp.partition)).set(value)

    def leave(self, tp: TopicPartition) -> None:
        """Expose nothing more of a partition, because another member speaks for it now."""
        for metric in PER_PARTITION:
            self._metrics.drop(metric, self._task, tp.topic, str(tp.partition))

    def consumed(self, records: Sequence[Record], now: float) -> None:
        """Count committed input records, of one topic, and their age at `now` (seconds since the
        epoch)."""
        self.count(table.CONSUMED, len(records), records[0].topic)
        stamps = np.fromiter(map(TIMESTAMP, records), np.float64, len(records))
        self.observe(table.LATENCY_SECONDS, np.maximum(now - stamps / 1000.0, 0.0))

    def produced(self, outputs: Sequence[Outgoing]) -> None:
        """Count committed output records."""
        for topic, count in Counter(map(TOPIC, outputs)).items():
            self.count(table.PRODUCED, count, topic)

    def wrote(self, states: int, snapshots: Sequence[Outgoing]) -> None:
        """Count committed snapshots of so many states, and their records."""
        self.count(table.SNAPSHOTS, states)
        self.count(table.SNAPSHOT_BYTES, sum(len(s.value or b"") for s in snapshots))

    def checkpointed(self, count: int, records: Sequence[Outgoing], seconds: float) -> None:
        """Count committed checkpoints, which took so long, and their records."""
        self.count(table.CHECKPOINTS, count)
        self.count(table.CHECKPOINT_BYTES, sum(len(r.value or b"") for r in records))
        self.observe(table.CHECKPOINT_SECONDS, seconds)

    def observed(self, observed: Observed) -> None:
        """Count what a task has told of itself."""
        for status, count in observed.statuses.items():
            self.count(table.DECISIONS, count, status)
        for reason, count in observed.dead_letters.items():
            self.count(table.DEAD_LETTERS, count, reason)
        if observed.scores.size:
            self.observe(table.SCORE, observed.scores)
        for metric, amount in observed.counts.items():
            self.count(metric, amount)
        for metric, level in observed.levels.items():
            self.state(metric, level)
        for (metric, labels), value in observed.labelled.items():
            if metric.kind == "counter":
                self.count(metric, value, *labels)
            else:
                self._metrics.gauge(metric, self._task, *labels).set(value)
