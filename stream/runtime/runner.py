"""The loop of one task."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from operator import itemgetter
from threading import Event, Lock
from time import monotonic, time

import structlog

from models.errors import InvalidParameter
from stream.errors import FencedError, TransportError, TransportUnavailable
from stream.metrics import Metrics, Observable, TaskMetrics, table
from stream.records import Polled, Record, TopicPartition
from stream.runtime.backoff import Backoff
from stream.runtime.batch import Batch
from stream.runtime.careful import ProcessingFailedError
from stream.runtime.health import StatusBoard, TaskStatus
from stream.runtime.lag import LagMeter
from stream.runtime.options import RunnerOptions
from stream.runtime.ownership import Ownership
from stream.runtime.partition import Advanced, OwnedPartition
from stream.runtime.stopwatch import Stopwatch
from stream.tasks.protocol import ModelError, Task
from stream.topics.start import ensure
from stream.transports.protocol import Session, Transport

log = structlog.get_logger(__name__)

PLACE = itemgetter(0, 1)
"""Topic and partition of a record."""
SAVED_AT_ONCE = 256
"""Snapshots in one transaction at the end."""


class _GivenUpError(Exception):
    """A stop was asked for in the middle of a recovery."""


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
    rebuilt if the partitions are still or again its own.

    While the log is away it waits and tries again, with no more than this one batch in hand; when
    the log is back, every state that disagrees with what is committed is rebuilt, and the batch
    read again. A record on which the task raises goes to the dead letters: see
    stream.runtime.careful.

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
        self._lag = LagMeter(transport, task.inputs[0], self._metrics, self._board, clock)
        self._owned = Ownership(
            task, transport, options, self._metrics, self._board, self._replaying
        )
        self._session: Session | None = None
        self._session_lock = Lock()
        self._turn_began = monotonic()

    def run(self) -> None:
        """Turn until `stop` is set. Raises what ended it otherwise."""
        try:
            self._take_turns()
            if self._session and not self._abandon.is_set() and self._board.phase == "running":
                self._save(self._session)
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

    def held(self) -> dict[TopicPartition, OwnedPartition]:
        """The partitions whose state is complete (from any thread)."""
        return self._owned.held()

    def restoring(self) -> bool:
        """Whether some state is not there, but may soon be (from any thread)."""
        status = self._board.status()
        return status.phase == "starting" or any(p.restoring for p in status.partitions)

    def heartbeat(self) -> None:
        """Stay a member while a batch or a recovery takes long (from any thread).

        A batch that lasts longer than `stall_timeout` counts as stuck: then the member falls
        silent, so that others take over. A restore counts as stuck when it does not move on.
        """
        with self._session_lock:
            if self._session and monotonic() - self._turn_began < self._options.stall_timeout:
                self._session.heartbeat()

    def _join(self) -> Session:
        ensure(self._transport, self.task.topics)
        session = self._transport.session(
            group_of(self.task),
            self.task.inputs,
            member=self._options.member,
            session_timeout=self._options.session_timeout,
        )
        with self._session_lock:
            self._session = session
        return session

    def _take_turns(self) -> None:
        backoff = Backoff(self._options.retry_first, self._options.retry_most)
        try:
            while not self._stop.is_set():
                try:
                    self._turn(self._session or self._join())
                    backoff.reset()
                except TransportUnavailable as error:
                    self._wait(error, backoff.pause())
        except _GivenUpError:
            # What was restored before is still in step with the log, and can be saved.
            log.info("recovery_given_up", task=self.task.name)

    def _wait(self, error: TransportUnavailable, seconds: float) -> None:
        """Wait for the log to come back. What was read and not committed will be read again."""
        self._board.error, self._board.phase = str(error), "waiting"
        self._owned.doubt()
        self._metrics.count(table.UNAVAILABLE)
        log.warning(
            "log_unavailable", task=self.task.name, error=str(error), next_try=round(seconds, 2)
        )
        self._stop.wait(seconds)

    def _turn(self, session: Session) -> None:
        self._turn_began = monotonic()
        # 1. Poll a batch.
        pause = Stopwatch()
        polled = session.poll(self._options.batch_size, self._options.poll_timeout)
        watch = Stopwatch()
        # 2. Let go of lost partitions, restore gained ones.
        records = self._owned.settle(session, polled)
        self._board.phase, self._board.error = "running", None
        self._count_rebalance(polled, pause)
        if records and self._advance(session, records):
            self._metrics.observe(table.BATCH_SECONDS, watch.seconds())
        self._lag.update(self._owned.all())

    def _advance(self, session: Session, records: Sequence[Record]) -> bool:
        """Process and commit a batch; whether it was not refused."""
        try:
            batch = self._process(session, records)
            self._commit(session, batch)
        except FencedError as error:
            # Whether the member has a successor or only lost its place, the next poll will say.
            self._owned.doubt()
            self._metrics.count(table.FENCED)
            log.warning("fenced", task=self.task.name, error=str(error), records=len(records))
            return False
        self._count(batch)
        return True

    def _process(self, session: Session, records: Sequence[Record]) -> Batch:
        batch, advanced = Batch(records), []
        # 3. Process the batch, partition by partition.
        watch = Stopwatch()
        for place, group in groupby(records, key=PLACE):
            tp = TopicPartition(*place)
            before = self._owned[tp].offset
            done = self._processed(session, tp, list(group))
            owned = self._owned[tp]
            batch.outputs += [output.record for output in done.outputs]
            batch.forgotten += done.forgotten
            batch.refused += done.refused
            batch.partitions.append(owned)
            advanced.append(owned.offset - before)
        self._metrics.observe(table.STEP_SECONDS, watch.seconds())
        # 4. Encode the snapshots that are due.
        batch.saving = Stopwatch()
        for owned, offsets in zip(batch.partitions, advanced, strict=True):
            batch.save(owned.due_snapshots(offsets))
        self._metrics.observe(table.SNAPSHOT_SECONDS, batch.saving.seconds())
        return batch

    def _processed(
        self, session: Session, tp: TopicPartition, records: Sequence[Record]
    ) -> Advanced:
        culprits: dict[int, ModelError] = {}
        while True:
            try:
                return self._owned[tp].advance(records)
            except ProcessingFailedError as error:
                self._metrics.count(table.REBUILDS)
                log.warning("task_failed_on_batch", task=self.task.name, error=str(error))
                if error.culprit is not None:
                    culprits[error.offset] = error.culprit
            owned = self._owned.rebuild(session, tp)
            owned.careful = range(records[0].offset, records[-1].offset + 1)
            owned.culprits = culprits

    def _commit(self, session: Session, batch: Batch) -> None:
        watch = Stopwatch()
        try:
            # 5. Begin a transaction; send the outputs, then the snapshots.
            session.begin()
            send = session.send
            for record in batch.outputs:
                send(record)
            for record in batch.snapshots:
                send(record)
            # 6. Commit them with the offsets and their metadata.
            session.commit(batch.offsets(self.task.configuration))
        except TransportError as error:
            self._abort(session, error)
            raise
        self._metrics.observe(table.COMMIT_SECONDS, watch.seconds())
        self._metrics.count(table.COMMITTED)

    def _abort(self, session: Session, reason: TransportError) -> None:
        named = {FencedError: "fenced", TransportUnavailable: "unavailable"}
        self._metrics.count(table.ABORTED, 1, named.get(type(reason), "error"))
        try:
            session.abort()
        except TransportError as error:
            log.warning("session_given_up", task=self.task.name, error=str(error))
            self._leave()

    def _count(self, batch: Batch) -> None:
        # 7. Count what was done.
        metrics = self._metrics
        if batch.records:
            metrics.consumed(batch.records, self._clock())
        metrics.produced(batch.outputs)
        metrics.wrote(batch.states, batch.snapshots)
        if batch.checkpoints:
            metrics.checkpointed(batch.checkpoints, batch.snapshots, batch.saving.seconds())
        if batch.refused:
            metrics.count(table.MODEL_ERRORS, batch.refused)
        if batch.forgotten:
            metrics.count(table.FORGOTTEN, batch.forgotten)
        for owned in batch.partitions:
            self._board.moved(owned.tp, owned.offset)
            replays = owned.offset - owned.schedule.replay_from(owned.offset)
            metrics.place(table.SNAPSHOT_AGE, owned.tp, replays)
            if isinstance(owned.state, Observable):
                metrics.observed(owned.state.observed())

    def _count_rebalance(self, polled: Polled, since: Stopwatch) -> None:
        if polled.lost or polled.gained:
            self._metrics.count(table.REBALANCES)
            self._metrics.observe(table.REBALANCE_SECONDS, since.seconds())
            self._metrics.state(table.ASSIGNED, len(self._owned))

    def _save(self, session: Session) -> None:
        """Commit a snapshot of every changed key, so that the next owner has nothing to replay."""
        try:
            for owned in self._owned.all():
                # A transaction at a time, or very many states would all be in memory at once.
                while len(owned.schedule):
                    self._turn_began = monotonic()
                    batch = Batch(partitions=[owned])
                    batch.save(owned.oldest_snapshots(SAVED_AT_ONCE))
                    self._commit(session, batch)
                    self._count(batch)
        except (FencedError, TransportUnavailable) as error:
            log.warning("state_not_saved", task=self.task.name, error=str(error))

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
