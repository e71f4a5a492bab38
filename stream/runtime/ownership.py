"""Which partitions a runner has, and how they come and go."""

from __future__ import annotations

from collections.abc import Iterable

import structlog

from stream.metrics import Observable, TaskMetrics, table
from stream.records import Committed, Polled, Record, TopicPartition
from stream.runtime.health import StatusBoard
from stream.runtime.options import RunnerOptions
from stream.runtime.partition import OwnedPartition
from stream.runtime.recovery import Progress, recover
from stream.runtime.stopwatch import Stopwatch
from stream.tasks.protocol import Task
from stream.transports.protocol import Session, Transport

log = structlog.get_logger(__name__)


class Ownership:
    """The partitions of one member, each restored and in step with the log, or not in here."""

    def __init__(
        self,
        task: Task,
        transport: Transport,
        options: RunnerOptions,
        metrics: TaskMetrics,
        board: StatusBoard,
        progress: Progress,
    ) -> None:
        self._task = task
        self._transport = transport
        self._options = options
        self._metrics = metrics
        self._board = board
        self._progress = progress
        self._partitions: dict[TopicPartition, OwnedPartition] = {}
        self._dropped: set[TopicPartition] = set()

    def __getitem__(self, tp: TopicPartition) -> OwnedPartition:
        return self._partitions[tp]

    def __len__(self) -> int:
        return len(self._partitions)

    def all(self) -> list[OwnedPartition]:
        """Every partition, by topic and number."""
        return [self._partitions[tp] for tp in sorted(self._partitions)]

    def drop(self, tps: Iterable[TopicPartition]) -> None:
        """Drop states that ran ahead of the log. The next `settle` restores those still owned."""
        for tp in tps:
            del self._partitions[tp]
            self._dropped.add(tp)
            self._board.restoring(tp)

    def settle(self, session: Session, polled: Polled) -> list[Record]:
        """Bring the partitions in line with a poll; return those of its records that may be used.

        Lost partitions go, gained and dropped ones are restored. A partition that went and came
        back while nobody committed to it keeps its state.
        """
        left = {tp: self._leave(tp) for tp in polled.lost}
        comers = polled.gained | (self._dropped & session.assignment())
        for tp in self._dropped - comers - polled.lost:
            self._leave(tp)
        self._dropped.clear()
        if not comers:
            return polled.records
        for tp in comers:
            self._board.restoring(tp)
        for tp in sorted(comers):
            owned = left.get(tp) or self._partitions.get(tp)
            self._take(session, tp, owned)
        # Those of a dropped partition were read from where it no longer stands.
        return [r for r in polled.records if TopicPartition(r.topic, r.partition) not in comers]

    def _leave(self, tp: TopicPartition) -> OwnedPartition | None:
        self._board.left(tp)
        self._metrics.leave(tp)
        return self._partitions.pop(tp, None)

    def _take(self, session: Session, tp: TopicPartition, known: OwnedPartition | None) -> None:
        committed = session.committed(tp)
        if known is None or committed is None or known.offset != committed.offset:
            known = self._restore(committed, tp)
        session.seek(tp, known.offset)
        self._partitions[tp] = known
        self._board.moved(tp, known.offset)

    def _restore(self, committed: Committed | None, tp: TopicPartition) -> OwnedPartition:
        self._metrics.place(table.RESTORING, tp, 1)
        watch = Stopwatch()
        owned, replayed = recover(
            self._task,
            tp,
            self._transport,
            committed,
            self._options,
            self._metrics,
            self._progress,
        )
        if isinstance(owned.state, Observable):
            owned.state.observed()  # the replayed records were counted when they were live
        self._metrics.observe(table.RECOVERY_SECONDS, watch.seconds())
        self._metrics.place(table.RESTORING, tp, 0)
        log.info(
            "partition_restored",
            task=self._task.name,
            topic=tp.topic,
            partition=tp.partition,
            offset=owned.offset,
            replayed=replayed,
            seconds=round(watch.seconds(), 3),
        )
        return owned
