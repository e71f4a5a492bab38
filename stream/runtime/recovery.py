"""How the owner of a partition comes by its state: snapshots first, then the records since."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

import structlog

from models.errors import CorruptState
from stream.errors import RecoveryError
from stream.metrics import TaskMetrics, table
from stream.records import Committed, Record, TopicPartition
from stream.runtime.options import RunnerOptions
from stream.runtime.partition import OwnedPartition
from stream.runtime.position import MOVED, Position, decode_position
from stream.runtime.snapshots import decode_snapshot
from stream.tasks.protocol import Task
from stream.transports.protocol import Transport

log = structlog.get_logger(__name__)

Progress = Callable[[TopicPartition, int, int], None]
"""Called for each snapshot and each batch, with the partition, the records replayed so far and
those to be replayed in all. It may raise to give the recovery up."""


class Recovered(NamedTuple):
    """A partition as of its committed offset, or beyond it for a follower."""

    owned: OwnedPartition
    replayed: int
    """Offsets that were read again."""


def recover(
    task: Task,
    tp: TopicPartition,
    transport: Transport,
    committed: Committed | None,
    options: RunnerOptions,
    metrics: TaskMetrics,
    progress: Progress,
    *,
    following: bool = False,
) -> Recovered:
    """Rebuild the state of `tp` as of its committed offset, with nothing put out.

    1. Take the committed offset C, the offset R to replay from, and the sum of the outputs.
    2. Load the newest snapshot of every entity. One that is corrupt is refused; an older one takes
       its place, and R falls back to what that one holds.
    3. Process the records in [R, C) again. The state itself passes over what its snapshots hold.
    4. Compare the sum of the outputs with the committed one.

    While one is `following`, the owner goes on: snapshots may be newer than `committed`. The state
    is then rebuilt as of the newest of them, with no committed sum to be compared with.

    Raises RecoveryError where the log no longer holds what this needs, IncompatibleState for
    snapshots of another format or configuration.
    """
    first, _ = transport.topics()[tp.topic].bounds[tp.partition]
    owned = OwnedPartition(
        tp,
        task.open(tp),
        snapshot_topic=task.snapshot_topic,
        snapshot_every=options.snapshot_every,
        offset=first if committed is None else committed.offset,
    )
    position = owned.position if committed is None else decode_position(tp, committed)
    if first > owned.offset:
        log.warning(
            "records_lost_to_retention",
            task=task.name,
            topic=tp.topic,
            partition=tp.partition,
            committed=owned.offset,
            first_kept=first,
            hint="records were deleted before they were read: keep them for longer",
        )
    snapshots = _Snapshots(task, owned, transport, metrics, progress, following)
    replay_from = snapshots.load(position)
    target = max(position.offset, snapshots.newest)
    if replay_from < target:
        _check_kept(task, tp, replay_from, first)
        for done in _replay(owned, transport, replay_from, target, options.batch_size):
            progress(tp, done - replay_from, target - replay_from)
        # Records may have been deleted while they were being read.
        _check_kept(task, tp, replay_from, transport.topics()[tp.topic].bounds[tp.partition][0])
        metrics.count(table.REPLAYED, target - replay_from)
    if target == position.offset and owned.audit.total != position.audit:
        metrics.count(table.REPLAY_MISMATCH)
        log.error(
            "replay_mismatch",
            task=task.name,
            topic=tp.topic,
            partition=tp.partition,
            replayed_from=replay_from,
            committed=position.offset,
            hint="the task is not deterministic: scores may differ from an undisturbed run",
        )
    return Recovered(owned, target - replay_from)


class _Snapshots:
    """The fold over a snapshot partition."""

    def __init__(
        self,
        task: Task,
        owned: OwnedPartition,
        transport: Transport,
        metrics: TaskMetrics,
        progress: Progress,
        following: bool,
    ) -> None:
        self.newest = 0
        """The highest offset that a loaded snapshot is valid at."""
        self._following = following
        self._task = task
        self._owned = owned
        topic = task.snapshot_topic
        self._source = None if topic is None else TopicPartition(topic, owned.tp.partition)
        self._transport = transport
        self._metrics = metrics
        self._progress = progress

    def load(self, position: Position) -> int:
        """Load what there is; return the offset from which to replay."""
        # Two passes, so that no more than one snapshot is in memory beside the loaded states.
        newest = {record.key: record.offset for record in self._records(position)}
        refused = {
            record.key
            for record in self._records(position)
            # Beyond it, if the owner has written or the log was compacted in between.
            if newest.get(record.key, record.offset) <= record.offset
            and record.value is not None
            and self._load(record, position) is None
        }
        if not refused:
            return position.replay_from
        fallback = dict.fromkeys(refused, 0)
        for record in self._records(position):
            # Oldest first, so that the newest that loads is what stays.
            if record.key in refused and record.value is not None:
                valid_at = self._load(record, position, again=True)
                if valid_at is not None:
                    fallback[record.key] = valid_at
        return min(position.replay_from, *fallback.values())

    def _records(self, position: Position) -> Iterator[Record]:
        if self._source is None:
            return
        for record in self._transport.read(self._source, 0):
            self._tell(position)
            yield record

    def _tell(self, position: Position) -> None:
        self._progress(self._owned.tp, 0, position.offset - position.replay_from)

    def _load(self, record: Record, position: Position, *, again: bool = False) -> int | None:
        """Load one snapshot and return where it is valid, or None if it is corrupt."""
        self._tell(position)
        try:
            snapshot = decode_snapshot(record)
            if snapshot.valid_at > position.offset and not self._following:
                raise RecoveryError(
                    f"The snapshot at {record.topic}-{record.partition}@{record.offset} must be "
                    f"valid at or below the committed offset {position.offset} of task "
                    f"'{self._task.name}', got {snapshot.valid_at}. {MOVED}"
                )
            self._owned.restore(snapshot)
        except CorruptState as error:
            if not again:
                self._metrics.count(table.CORRUPT_SNAPSHOTS)
                log.error(
                    "snapshot_refused",
                    task=self._task.name,
                    topic=record.topic,
                    partition=record.partition,
                    offset=record.offset,
                    error=str(error),
                    consequence="an older snapshot and a longer replay are used",
                )
            return None
        self.newest = max(self.newest, snapshot.valid_at)
        return snapshot.valid_at


def _replay(
    owned: OwnedPartition, transport: Transport, start: int, stop: int, batch_size: int
) -> Iterator[int]:
    """Process [start, stop) in batches; yield the offset reached after each."""
    records = iter(transport.read(owned.tp, start, stop))
    owned.offset = start
    while batch := list(islice(records, batch_size)):
        owned.advance(batch)
        yield owned.offset
    owned.offset = stop


def _check_kept(task: Task, tp: TopicPartition, replay_from: int, first: int) -> None:
    if first > replay_from:
        raise RecoveryError(
            f"The state of task '{task.name}' needs {tp.topic}-{tp.partition} from offset "
            f"{replay_from}, but the log begins at {first}. Keep more of '{tp.topic}' (retention "
            "must cover the replay and every outage); to start afresh with empty state, delete the "
            f"group's offsets and the snapshot topic '{task.snapshot_topic}'."
        )
