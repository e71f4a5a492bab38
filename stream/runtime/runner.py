"""The loop of one task."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from threading import Event, Lock
from time import monotonic, time

import structlog

from models.errors import InvalidParameter
from stream.errors import FencedError, TransportError
from stream.metrics import Metrics, Observable, TaskMetrics, table
from stream.records import Committed, Outgoing, Record, TopicPartition
from stream.runtime.health import StatusBoard, TaskStatus
from stream.runtime.lag import LagMeter
from stream.runtime.options import RunnerOptions
from stream.runtime.ownership import Ownership
from stream.runtime.partition import OwnedPartition
from stream.runtime.stopwatch import Stopwatch
from stream.tasks.protocol import Task
from stream.transports.protocol import Session, Transport

log = structlog.get_logger(__name__)

SAVED_AT_ONCE = 256
"""Snapshots in one transaction at the end."""


class _GivenUpError(Exception):
    """A stop was asked for in the middle of a recovery."""


@dataclass
class _Batch:
    """What goes into one transaction."""

    records: Sequence[Record] = ()
    partitions: list[OwnedPartition] = field(default_factory=list)
    outputs: list[Outgoing] = field(default_factory=list)
    snapshots: list[Outgoing] = field(default_factory=list)

    def offsets(self) -> dict[TopicPartition, Committed]:
        return {owned.tp: owned.position.encode() for owned in self.partitions}


def group_of(task: Task) -> str:
    """The consumer group of a task."""
    return f"cutstream.{task.name}"


class TaskRunner:
    """Runs one task, in one thread, until it is told to stop.

    One turn, in this order:

    1. Poll a batch.
    2. Let go of lost partitions, restore gained ones.
    3. Process the batch, partition by partition. From here on the state is ahead of the log.
    4. Encode the snapshots that are due.
    5. Begin a transaction; send the outputs, then the snapshots.
    6. Commit them with the offsets and their metadata: all or nothing.
    7. Count what was done.

    The transport repeats step 6 through faults that pass, with the records that were sent: outputs
    are never computed twice for that. A crash anywhere leaves the log as of the last step 6. When
    the transaction is refused because the member lost its partitions, the states that ran ahead are
    dropped, and rebuilt if the partitions are still or again its own.

    `clock` gives seconds since the epoch; only metrics depend on it. `stop` ends the loop after the
    batch in hand, `abandon` ends it without the last snapshots.
    """

    def __init__(
        self,
        task: Task,
        transport: Transport,
        options: RunnerOptions,
        metrics: Metrics,
        *,
        stop: Event,
        abandon: Event,
        clock: Callable[[], float] = time,
    ) -> None:
        if len(task.inputs) != 1:
            raise InvalidParameter(
                "inputs", f"task '{task.name}'", "one topic (one ordered log)", list(task.inputs)
            )
        self.task = task
        self._board = StatusBoard(task.name)
        self._transport = transport
        self._options = options
        self._metrics = TaskMetrics(metrics, task.name)
        self._stop = stop
        self._abandon = abandon
        self._clock = clock
        self._lag = LagMeter(transport, self._metrics, self._board, clock)
        self._owned = Ownership(
            task, transport, options, self._metrics, self._board, self._replaying
        )
        self._session: Session | None = None
        self._session_lock = Lock()
        self._turn_began = monotonic()

    def run(self) -> None:
        """Turn until `stop` is set. Raises what ended it otherwise."""
        try:
            session = self._join()
            self._take_turns(session)
            if not self._abandon.is_set():
                self._save(session)
        except Exception as error:
            self._board.error = str(error) or repr(error)
            self._board.phase = "failed"
            raise
        finally:
            self._leave()
        self._board.phase = "stopped"

    def status(self) -> TaskStatus:
        """How it is doing (from any thread)."""
        return self._board.status()

    def heartbeat(self) -> None:
        """Stay a member while a batch or a recovery takes long (from any thread).

        A batch that lasts longer than `stall_timeout` counts as stuck: then the member falls
        silent, so that others take over. A restore counts as stuck when it does not move on.
        """
        with self._session_lock:
            if self._session and monotonic() - self._turn_began < self._options.stall_timeout:
                self._session.heartbeat()

    def _join(self) -> Session:
        for spec in self.task.topics:
            self._transport.ensure_topic(spec)
        session = self._transport.session(
            group_of(self.task),
            self.task.inputs,
            member=self._options.member,
            session_timeout=self._options.session_timeout,
        )
        with self._session_lock:
            self._session = session
        return session

    def _take_turns(self, session: Session) -> None:
        try:
            while not self._stop.is_set():
                self._turn(session)
        except _GivenUpError:
            # What was restored before is still in step with the log, and can be saved.
            log.info("recovery_given_up", task=self.task.name)

    def _turn(self, session: Session) -> None:
        self._turn_began = monotonic()
        # 1. Poll a batch.
        polled = session.poll(self._options.batch_size, self._options.poll_timeout)
        watch = Stopwatch()
        # 2. Let go of lost partitions, restore gained ones.
        records = self._owned.settle(session, polled)
        self._board.phase = "running"
        if records:
            batch = self._process(records)
            if self._commit(session, batch):
                self._count(batch)
                self._metrics.observe(table.BATCH_SECONDS, watch.seconds())
        self._lag.update(self._owned.all())

    def _process(self, records: Sequence[Record]) -> _Batch:
        batch, advanced = _Batch(records), []
        # 3. Process the batch, partition by partition.
        watch = Stopwatch()
        for (topic, partition), group in groupby(records, key=lambda record: record[:2]):
            owned = self._owned[TopicPartition(topic, partition)]
            before = owned.offset
            outputs = owned.advance(list(group))
            batch.outputs += [output.record for output in outputs]
            batch.partitions.append(owned)
            advanced.append(owned.offset - before)
        self._metrics.observe(table.STEP_SECONDS, watch.seconds())
        # 4. Encode the snapshots that are due.
        watch = Stopwatch()
        for owned, offsets in zip(batch.partitions, advanced, strict=True):
            batch.snapshots += owned.due_snapshots(offsets)
        self._metrics.observe(table.SNAPSHOT_SECONDS, watch.seconds())
        return batch

    def _commit(self, session: Session, batch: _Batch) -> bool:
        watch = Stopwatch()
        try:
            # 5. Begin a transaction; send the outputs, then the snapshots.
            session.begin()
            for record in (*batch.outputs, *batch.snapshots):
                session.send(record)
            # 6. Commit them with the offsets and their metadata.
            session.commit(batch.offsets())
        except FencedError as error:
            session.abort()
            self._owned.drop(owned.tp for owned in batch.partitions)
            self._metrics.count(table.FENCED)
            log.warning("fenced", task=self.task.name, error=str(error), records=len(batch.records))
            return False
        except TransportError:
            session.abort()
            raise
        self._metrics.observe(table.COMMIT_SECONDS, watch.seconds())
        return True

    def _count(self, batch: _Batch) -> None:
        # 7. Count what was done.
        if batch.records:
            self._metrics.consumed(batch.records, self._clock())
        self._metrics.produced(batch.outputs)
        self._metrics.wrote(batch.snapshots)
        for owned in batch.partitions:
            position = owned.position
            self._board.moved(owned.tp, position.offset)
            self._metrics.place(
                table.SNAPSHOT_AGE, owned.tp, position.offset - position.replay_from
            )
            if isinstance(owned.state, Observable):
                self._metrics.observed(owned.state.observed())

    def _save(self, session: Session) -> None:
        """Commit a snapshot of every changed key, so that the next owner has nothing to replay."""
        for owned in self._owned.all():
            # A transaction at a time, or the states of very many keys would all be in memory at once.
            while len(owned.schedule):
                self._turn_began = monotonic()
                batch = _Batch(partitions=[owned], snapshots=owned.oldest_snapshots(SAVED_AT_ONCE))
                if not self._commit(session, batch):
                    return
                self._count(batch)

    def _replaying(self, tp: TopicPartition, replayed: int, to_replay: int) -> None:
        self._turn_began = monotonic()  # a restore that moves on is not stuck, however long it is
        self._board.restoring(tp, replayed, to_replay)
        if self._stop.is_set():
            raise _GivenUpError

    def _leave(self) -> None:
        with self._session_lock:
            session, self._session = self._session, None
        if session:
            try:
                session.close()
            except TransportError as error:
                log.warning("group_not_left", task=self.task.name, error=str(error))
