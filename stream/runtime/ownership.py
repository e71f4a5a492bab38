"""Which partitions a runner has, and how they come and go."""

from __future__ import annotations

from collections.abc import Iterable

import structlog

from stream.errors import FencedError, RecoveryError
from stream.metrics import Observable, TaskMetrics, table
from stream.records import Committed, Polled, Record, TopicPartition
from stream.runtime.health import StatusBoard
from stream.runtime.options import RunnerOptions
from stream.runtime.partition import OwnedPartition
from stream.runtime.position import Position
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
        self._unsettled: set[TopicPartition] = set()
        self._parked: dict[TopicPartition, OwnedPartition] = {}
        """Lost partitions that may come back before anybody has moved them."""

    def __getitem__(self, tp: TopicPartition) -> OwnedPartition:
        return self._partitions[tp]

    def __len__(self) -> int:
        return len(self._partitions)

    def all(self) -> list[OwnedPartition]:
        """Every partition that is in step with the log, by topic and number."""
        return [self._partitions[tp] for tp in sorted(self._partitions.keys() - self._unsettled)]

    def held(self) -> dict[TopicPartition, OwnedPartition]:
        """Every partition whose state is complete, though the log may not know of it yet.

        From any thread.
        """
        return dict(self._partitions)

    def doubt(self, tps: Iterable[TopicPartition] | None = None) -> None:
        """Note that states may be ahead of the log, or reads of it lost: None means all of them.

        The next `settle` compares them with what is committed, and rebuilds what disagrees.
        """
        doubted = set(self._partitions if tps is None else tps)
        self._unsettled |= doubted
        for tp in doubted:
            self._board.restoring(tp)

    def settle(self, session: Session, polled: Polled) -> list[Record]:
        """Bring the partitions in line with a poll; return those of its records that may be used.

        Lost partitions go; gained and doubted ones are restored, unless their state is that of the
        last commit. Should this raise, what is left of it is done by the next call.
        """
        if polled.records or polled.gained or polled.lost or self._unsettled:
            return self._settle(session, polled)
        return polled.records

    def _settle(self, session: Session, polled: Polled) -> list[Record]:
        for tp in polled.lost:
            self._leave(tp)
        self._unsettled -= polled.lost
        self._unsettled |= polled.gained
        if not self._unsettled:
            self._parked.clear()
            return polled.records
        assigned = session.assignment()
        for tp in self._unsettled - assigned:
            self._leave(tp)
        self._unsettled &= assigned
        comers = frozenset(self._unsettled)
        for tp in comers:
            self._board.restoring(tp)
        for tp in sorted(comers):
            if self._take(session, tp, self._parked.pop(tp, None) or self._partitions.get(tp)):
                self._unsettled.discard(tp)
        if comers or polled.records:
            self._parked.clear()
        # Those of a doubted partition were read from where it no longer stands.
        return [r for r in polled.records if TopicPartition(r.topic, r.partition) not in comers]

    def rebuild(self, session: Session, tp: TopicPartition) -> OwnedPartition:
        """Rebuild a partition of which the task has left a half-changed state.

        Raises FencedError where it is no longer as this member has left it.
        """
        before = self._partitions.pop(tp).offset
        self._unsettled.add(tp)
        committed = session.committed(tp)
        try:
            rebuilt = self._restore(committed, tp)
        except RecoveryError as error:
            if session.committed(tp) == committed:
                raise
            raise FencedError(f"Another member has gone on with the partition: {error}") from error
        if rebuilt.offset != before:
            raise FencedError(
                f"The partition {tp.topic}-{tp.partition} must be committed at {before}, where this "
                f"member has left it, got {rebuilt.offset}."
            )
        self._unsettled.discard(tp)
        self._partitions[tp] = rebuilt
        self._board.moved(tp, rebuilt.offset)
        return rebuilt

    def _leave(self, tp: TopicPartition) -> None:
        self._board.left(tp)
        self._metrics.leave(tp)
        owned = self._partitions.pop(tp, None)
        if owned is not None:
            self._parked[tp] = owned

    def _take(self, session: Session, tp: TopicPartition, known: OwnedPartition | None) -> bool:
        """Let the partition stand as it is committed; False where that changed meanwhile."""
        committed = session.committed(tp)
        # What the snapshots hold must agree as well, so the offset alone does not tell.
        if (
            known is None
            or not known.sound
            or not _agrees(committed, known.position(self._task.configuration))
        ):
            try:
                known = self._restore(committed, tp)
            except RecoveryError as error:
                if session.committed(tp) == committed:
                    raise
                # This member was silent for too long, and another one has gone on; the next poll
                # will say so.
                self._partitions.pop(tp, None)
                log.warning("restore_overtaken", task=self._task.name, error=str(error))
                return False
        session.seek(tp, known.offset)
        self._partitions[tp] = known
        self._board.moved(tp, known.offset)
        return True

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


def _agrees(committed: Committed | None, position: Position) -> bool:
    """Whether a commit is the one that said this; not every log keeps `needed_from`."""
    return committed is not None and committed[:2] == position.encode()[:2]
