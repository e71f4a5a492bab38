"""One partition of a follower: restored, then read on, and given up where the log does not go on."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from threading import Event
from time import monotonic
from typing import NamedTuple

import structlog

from models.errors import CutstreamError
from stream.errors import TransportError
from stream.live.status import ReplicaStatus
from stream.metrics import Observable, TaskMetrics
from stream.records import Committed, TopicPartition
from stream.runtime.careful import ProcessingFailedError
from stream.runtime.options import RunnerOptions
from stream.runtime.partition import OwnedPartition
from stream.runtime.recovery import recover
from stream.tasks.protocol import ModelError, Task
from stream.transports.protocol import Transport

log = structlog.get_logger(__name__)

BATCHES = 20
"""Most batches of one partition before the others have their turn."""
RETRY = 5.0
"""Seconds before a restore that failed is tried again, with the snapshots that are there by then."""


class StoppedError(Exception):
    """A stop was asked for in the middle of a restore."""


class _LostError(Exception):
    """The log does not go on where the state stands."""


class Extent(NamedTuple):
    """What there is of a partition now."""

    first: int
    """The first offset that is still kept."""
    end: int
    """The next offset to be written."""
    committed: Committed | None
    """Where the task's group is."""


class Replica:
    """The state of one partition, once there is one, and how it is doing. See Follower.

    stop: once set, work ends after the batch in hand.
    """

    def __init__(
        self,
        task: Task,
        tp: TopicPartition,
        transport: Transport,
        options: RunnerOptions,
        metrics: TaskMetrics,
        *,
        clock: Callable[[], float],
        stop: Event,
    ) -> None:
        self.status = ReplicaStatus(*tp)
        self.owned: OwnedPartition | None = None
        self._task = task
        self._tp = tp
        self._transport = transport
        self._options = options
        self._metrics = metrics
        self._clock = clock
        self._stop = stop
        self._retry_at = 0.0
        """Not before then, by the monotonic clock, is a restore tried."""
        self._since = 0
        """Where the last read began: what is missing from there on may not have been read."""
        self._careful = range(0)
        """Offsets at which the task raised: see stream.runtime.careful."""
        self._culprits: dict[int, ModelError] = {}
        """Offset -> what came of it, of records on which a shared state raised."""

    def turn(self, extent: Extent) -> int:
        """Restore or read on; return how many records came. Faults are told in the status.

        Raises StoppedError.
        """
        try:
            return self._turn(extent)
        except TransportError as error:
            if self.owned is None or self.owned.sound:  # the state stays, and is behind for a while
                self._note(problem=str(error))
            else:
                self._start_anew(str(error))
        except ProcessingFailedError as error:
            # The owner takes these records one entity at a time; so does whoever follows it.
            self._careful = range(error.offset, extent.end)
            if error.culprit is not None:
                self._culprits[error.offset] = error.culprit
            self._start_anew(str(error))
        except (CutstreamError, _LostError) as error:
            self._start_anew(str(error))
        except StoppedError:
            raise
        except Exception as error:  # the other partitions must go on
            self._start_anew(f"The task failed: {error!r}.", unexpected=error)
        return 0

    def _turn(self, extent: Extent) -> int:
        if self.owned is None:
            if monotonic() < self._retry_at:
                return 0
            self.owned = self._restored(extent.committed)
            self._since = self.owned.offset
            self._note(phase="following", settled=True, replayed=0, to_replay=0)
        came = self._read_on(self.owned, extent)
        self._measure(self.owned, extent)
        return came

    def _restored(self, committed: Committed | None) -> OwnedPartition:
        self._note(phase="restoring", offset=None, lag=None, lag_seconds=None, ahead=None)

        def progress(_tp: TopicPartition, replayed: int, to_replay: int) -> None:
            self._note(replayed=replayed, to_replay=to_replay)
            if self._stop.is_set():
                raise StoppedError

        owned, replayed = recover(
            self._task,
            self._tp,
            self._transport,
            committed,
            self._options,
            self._metrics,
            progress,
            following=True,
        )
        _let_go(owned)
        owned.careful = self._careful
        self._culprits = {at: c for at, c in self._culprits.items() if at >= owned.offset}
        owned.culprits = self._culprits
        log.info(
            "partition_followed",
            task=self._task.name,
            topic=owned.tp.topic,
            partition=owned.tp.partition,
            offset=owned.offset,
            replayed=replayed,
        )
        return owned

    def _read_on(self, owned: OwnedPartition, extent: Extent) -> int:
        self._check_goes_on(owned, extent)
        self._since = owned.offset
        if extent.end == owned.offset:
            return 0
        size, came = self._options.batch_size, 0
        # What an open transaction holds back is not waited for: other partitions must go on.
        end = min(extent.end, self._transport.readable(owned.tp))
        records = iter(self._transport.read(owned.tp, owned.offset, end))
        while came < BATCHES * size and not self._stop.is_set():
            batch = list(islice(records, size))
            if not batch:
                # What a log keeps of transactions, or has deleted, takes up offsets as well.
                owned.pass_over(end)
                break
            owned.advance(batch)
            _let_go(owned)
            came += len(batch)
        return came

    def _check_goes_on(self, owned: OwnedPartition, extent: Extent) -> None:
        name = f"{owned.tp.topic}-{owned.tp.partition}"
        if extent.end < owned.offset:
            raise _LostError(
                f"{name} ends at {extent.end}, before offset {owned.offset} that was read: the "
                "topic was made anew."
            )
        if extent.first > self._since:
            raise _LostError(
                f"{name} begins at {extent.first}, but was read only up to {self._since}: records "
                "were deleted before they were read."
            )

    def _measure(self, owned: OwnedPartition, extent: Extent) -> None:
        lag = max(0, extent.end - owned.offset)
        waits = lag > 0 and owned.timestamp is not None
        age = max(0.0, self._clock() - (owned.timestamp or 0) / 1000.0) if waits else 0.0
        committed = extent.committed
        ahead = None if committed is None else owned.offset - committed.offset
        self._note(offset=owned.offset, lag=lag, lag_seconds=age, ahead=ahead, problem=None)

    def _start_anew(self, problem: str, unexpected: Exception | None = None) -> None:
        before = self.status
        had_state, self.owned = self.owned is not None, None
        # One that has lost its place tries at once; one that could not be restored waits.
        self._retry_at = 0.0 if had_state else monotonic() + RETRY
        self._note(
            phase="waiting",
            offset=None,
            restarts=before.restarts + had_state,
            settled=True,
            problem=problem,
        )
        if before.problem != problem:
            log.warning(
                "partition_not_followed",
                task=self._task.name,
                topic=before.topic,
                partition=before.partition,
                error=problem,
                exc_info=unexpected,
            )

    def _note(self, **changes: object) -> None:
        # One value takes the place of another, so that other threads may read it.
        self.status = self.status._replace(**changes)  # type: ignore[arg-type]  # fields by name


def _let_go(owned: OwnedPartition) -> None:
    """Drop what only an owner has a use for, lest it pile up: counts, and snapshots to come."""
    if isinstance(owned.state, Observable):
        owned.state.observed()
    owned.schedule.take_oldest(len(owned.schedule))
    owned.restored()
