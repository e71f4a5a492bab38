"""A reader that keeps the states of a task as its owners have them, and writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from itertools import islice
from threading import Event, Thread
from time import monotonic, time

import structlog
from prometheus_client import CollectorRegistry

from models.errors import CutstreamError, InvalidParameter
from stream.errors import TransportError, UnknownTopic
from stream.live.status import FollowerStatus, ReplicaStatus
from stream.metrics import Metrics, Observable, TaskMetrics
from stream.records import Committed, TopicPartition
from stream.runtime.careful import ProcessingFailedError
from stream.runtime.options import RunnerOptions
from stream.runtime.partition import OwnedPartition
from stream.runtime.recovery import recover
from stream.runtime.runner import group_of
from stream.tasks.protocol import Task
from stream.transports.protocol import TopicInfo, Transport

log = structlog.get_logger(__name__)

BATCHES = 20
"""Most batches of one partition before the others have their turn."""
GRACE = 5.0
"""Seconds that the batch in hand may take once a stop was asked for."""
RETRY = 5.0
"""Seconds before a restore that failed is tried again, with the snapshots that are there by then."""


class _StoppedError(Exception):
    """A stop was asked for in the middle of a restore."""


class _LostError(Exception):
    """The log does not go on where the state stands."""


class Replica:
    """One followed partition: its state, once there is one, and how it is doing."""

    def __init__(self, tp: TopicPartition) -> None:
        self.status = ReplicaStatus(*tp)
        self.owned: OwnedPartition | None = None
        self.retry_at = 0.0
        """Not before then, by the monotonic clock, is a restore tried."""
        self.since = 0
        """Where the last read began: what is missing from there on may not have been read."""
        self.careful = range(0)
        """Offsets at which the task raised: see stream.runtime.careful."""

    def note(self, **changes: object) -> None:
        """Replace parts of the status."""
        self.status = self.status._replace(**changes)  # type: ignore[arg-type]  # fields by name


class Follower:
    """The same function over the same log as the task's own workers, with outputs off.

    For each partition it loads the newest snapshots, replays the log from where the group would,
    and goes on to the log's end, over and over. It is no member of the group and commits nothing.
    At any offset its states are those of the owner, bit for bit; it may be behind or ahead of it.

    Memory is bounded by the states. What keeps a partition from being restored or followed (a
    snapshot of another configuration, input deleted before it was read) is told in its status, and
    the partition starts anew from the snapshots that are there then.

    partitions: those to follow; None means all of the input. interval: seconds between two looks
    for new records. `clock` gives seconds since the epoch; only the status depends on it. Raises
    InvalidParameter.
    """

    def __init__(
        self,
        task: Task,
        transport: Transport,
        options: RunnerOptions,
        *,
        partitions: Collection[int] | None = None,
        interval: float = 0.25,
        clock: Callable[[], float] = time,
    ) -> None:
        if len(task.inputs) != 1:
            raise InvalidParameter(
                "inputs", f"task '{task.name}'", "one topic (one ordered log)", list(task.inputs)
            )
        self.task = task
        self._transport = transport
        self._options = options
        self._partitions = partitions
        self._interval = interval
        self._clock = clock
        # What a recovery counts is the owner's to report: here the status tells it.
        self._metrics = TaskMetrics(Metrics(CollectorRegistry()), task.name)
        self._replicas: dict[TopicPartition, Replica] = {}
        self._problem: str | None = None
        self._stop = Event()
        self._thread = Thread(target=self._run, name=f"follow-{task.name}", daemon=True)

    def start(self) -> None:
        """Begin to follow; returns at once."""
        self._thread.start()

    def close(self) -> None:
        """Stop following, and wait for the batch in hand, but not for a log that is away."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(GRACE)
            if self._thread.is_alive():
                log.warning("follower_left_behind", task=self.task.name)

    def status(self) -> FollowerStatus:
        """How it is doing (from any thread)."""
        replicas = self._replicas
        found = tuple(replicas[tp].status for tp in sorted(replicas))
        return FollowerStatus(self.task.name, found, self._problem)

    def held(self) -> Mapping[TopicPartition, OwnedPartition]:
        """The partitions whose state is complete (from any thread)."""
        replicas = self._replicas
        return {tp: r.owned for tp, r in replicas.items() if r.owned is not None}

    def restoring(self) -> bool:
        """Whether some state is not there, but may soon be (from any thread)."""
        return self.status().restoring

    def refresh(self) -> int:
        """Restore what can be, read what is new; return how many records came.

        Not for use beside `start`. Raises TransportError, UnknownTopic while there is no input.
        """
        topic = self.task.inputs[0]
        info = self._transport.topics().get(topic)
        if info is None:
            raise UnknownTopic(f"The topic {topic!r} must exist, got no such topic.")
        self._meet(topic, info)
        committed = self._transport.committed(group_of(self.task))
        came = 0
        for tp, replica in self._replicas.items():
            first, end = info.bounds[tp.partition]
            try:
                came += self._turn(replica, first, end, committed.get(tp))
            except ProcessingFailedError as error:
                # The owner takes these records one entity at a time; so does whoever follows it.
                replica.careful = range(error.offset, end)
                self._start_anew(replica, str(error))
            except TransportError as error:  # the state stays, and is behind for a while
                replica.note(problem=str(error))
            except (CutstreamError, _LostError) as error:
                self._start_anew(replica, str(error))
            except _StoppedError:
                raise
            except Exception as error:  # the other partitions must go on
                self._start_anew(replica, f"The task failed: {error!r}.", unexpected=error)
            if self._stop.is_set():
                break
        return came

    def _run(self) -> None:
        while not self._stop.is_set():
            came = 0
            try:
                came = self.refresh()
                self._problem = None
            except _StoppedError:
                return
            except TransportError as error:
                self._tell(str(error))
            except Exception as error:  # a follower that silently stands still would be worse
                self._tell(f"The follower failed: {error!r}.", unexpected=error)
            if not came:
                self._stop.wait(self._interval)

    def _tell(self, problem: str, unexpected: Exception | None = None) -> None:
        if self._problem != problem:
            log.warning("log_not_followed", task=self.task.name, error=problem, exc_info=unexpected)
        self._problem = problem

    def _meet(self, topic: str, info: TopicInfo) -> None:
        chosen = range(info.spec.partitions) if self._partitions is None else self._partitions
        wanted = [TopicPartition(topic, p) for p in sorted(chosen) if p < info.spec.partitions]
        if len(wanted) > len(self._replicas):
            self._replicas = {tp: self._replicas.get(tp) or Replica(tp) for tp in wanted}

    def _turn(self, replica: Replica, first: int, end: int, committed: Committed | None) -> int:
        if replica.owned is None:
            if monotonic() < replica.retry_at:
                return 0
            replica.owned = self._restored(replica, committed)
            replica.owned.careful = replica.careful
            replica.since = replica.owned.offset
            replica.note(phase="following", settled=True, replayed=0, to_replay=0)
        came = self._read_on(replica, replica.owned, first, end)
        replica.note(problem=None)
        self._measure(replica, replica.owned, end, committed)
        return came

    def _restored(self, replica: Replica, committed: Committed | None) -> OwnedPartition:
        replica.note(phase="restoring", offset=None, lag=None, lag_seconds=None, ahead=None)

        def progress(_tp: TopicPartition, replayed: int, to_replay: int) -> None:
            replica.note(replayed=replayed, to_replay=to_replay)
            if self._stop.is_set():
                raise _StoppedError

        owned, replayed = recover(
            self.task,
            replica.status.tp,
            self._transport,
            committed,
            self._options,
            self._metrics,
            progress,
            following=True,
        )
        self._let_go(owned)
        log.info(
            "partition_followed",
            task=self.task.name,
            topic=owned.tp.topic,
            partition=owned.tp.partition,
            offset=owned.offset,
            replayed=replayed,
        )
        return owned

    def _read_on(self, replica: Replica, owned: OwnedPartition, first: int, end: int) -> int:
        if end < owned.offset:
            raise _LostError(
                f"{owned.tp.topic}-{owned.tp.partition} ends at {end}, before offset "
                f"{owned.offset} that was read: the topic was made anew."
            )
        if first > replica.since:
            raise _LostError(
                f"{owned.tp.topic}-{owned.tp.partition} begins at {first}, but was read only up to "
                f"{replica.since}: records were deleted before they were read."
            )
        replica.since = owned.offset
        if end == owned.offset:
            return 0
        size, came = self._options.batch_size, 0
        records = iter(self._transport.read(owned.tp, owned.offset, end))
        while came < BATCHES * size and not self._stop.is_set():
            batch = list(islice(records, size))
            if not batch:
                # What a log keeps of transactions, or has deleted, takes up offsets as well.
                owned.pass_over(end)
                break
            owned.advance(batch)
            self._let_go(owned)
            came += len(batch)
        return came

    def _measure(
        self, replica: Replica, owned: OwnedPartition, end: int, committed: Committed | None
    ) -> None:
        lag = max(0, end - owned.offset)
        waits = lag > 0 and owned.timestamp is not None
        age = max(0.0, self._clock() - (owned.timestamp or 0) / 1000.0) if waits else 0.0
        ahead = None if committed is None else owned.offset - committed.offset
        replica.note(offset=owned.offset, lag=lag, lag_seconds=age, ahead=ahead)

    def _start_anew(
        self, replica: Replica, problem: str, unexpected: Exception | None = None
    ) -> None:
        before, restarts = replica.status, replica.status.restarts
        had_state, replica.owned = replica.owned is not None, None
        # One that has lost its place tries at once; one that could not be restored waits.
        replica.retry_at = 0.0 if had_state else monotonic() + RETRY
        replica.note(
            phase="waiting",
            offset=None,
            restarts=restarts + had_state,
            settled=True,
            problem=problem,
        )
        if before.problem != problem:
            log.warning(
                "partition_not_followed",
                task=self.task.name,
                topic=before.topic,
                partition=before.partition,
                error=problem,
                exc_info=unexpected,
            )

    @staticmethod
    def _let_go(owned: OwnedPartition) -> None:
        """Drop what only an owner has a use for, lest it pile up: counts, and snapshots to come."""
        if isinstance(owned.state, Observable):
            owned.state.observed()
        owned.schedule.take_oldest(len(owned.schedule))
        owned.restored()
