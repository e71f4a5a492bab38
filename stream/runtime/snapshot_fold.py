"""A snapshot partition, folded into the states that it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import structlog

from models.errors import CorruptState
from stream.errors import RecoveryError
from stream.metrics import TaskMetrics, table
from stream.records import Record, TopicPartition
from stream.runtime.chunks import SnapshotKey, join, parse_key
from stream.runtime.partition import OwnedPartition
from stream.runtime.position import MOVED, Position
from stream.runtime.snapshots import Snapshot, decode_snapshot
from stream.tasks.protocol import Task
from stream.transports.protocol import Transport

log = structlog.get_logger(__name__)


class _Stored(NamedTuple):
    """One record of the snapshot partition, and what its key says."""

    record: Record
    key: SnapshotKey


class SnapshotFold:
    """Loads the newest sound snapshot of every entity into a partition's state.

    alive: called for each record; it may raise to give up. following: whether snapshots may be
    newer than `position`.
    """

    def __init__(
        self,
        owned: OwnedPartition,
        position: Position,
        transport: Transport,
        task: Task,
        metrics: TaskMetrics,
        alive: Callable[[], None],
        *,
        following: bool,
    ) -> None:
        self.newest = 0
        """The highest offset that a loaded snapshot is valid at."""
        self._owned = owned
        self._position = position
        self._transport = transport
        self._task = task
        topic = task.snapshot_topic
        self._source = None if topic is None else TopicPartition(topic, owned.tp.partition)
        self._metrics = metrics
        self._alive = alive
        self._following = following

    def load(self) -> int:
        """Load what there is; return the offset from which to replay."""
        # Two passes, so that no more than one snapshot is in memory beside the loaded states.
        newest = {stored.record.key: stored.record.offset for stored in self._records()}
        refused: set[bytes] = set()
        for entity, head in self._heads(newest):
            if not self._load(head):
                refused.add(entity)
        if not refused:
            return self._position.replay_from
        fallback = dict.fromkeys(refused, 0)
        for entity, head in self._heads(None, refused):
            # Oldest first, so that the newest that loads is what stays.
            snapshot = self._sound(head)
            if snapshot is not None:
                fallback[entity] = snapshot.valid_at
        return min(self._position.replay_from, *fallback.values())

    def _heads(
        self, newest: dict[bytes | None, int] | None, only: set[bytes] | None = None
    ) -> Iterator[tuple[bytes, Record]]:
        """The snapshots by entity, put together, in the order of the log.

        newest: key -> offset of its newest record, below which others are passed over. only: the
        entities that count.
        """
        chunks: dict[bytes, dict[int, Record]] = {}
        for record, (entity, number) in self._records():
            # Beyond it, if the owner has written or the log was compacted in between.
            if newest is not None and newest.get(record.key, record.offset) > record.offset:
                continue
            if only is not None and entity not in only:
                continue
            if not number:
                yield entity, join(record, chunks.pop(entity, {}))
            elif record.value is not None:
                self._owned.found_chunk(entity, number)
                chunks.setdefault(entity, {})[number] = record

    def _records(self) -> Iterator[_Stored]:
        if self._source is None:
            return
        for record in self._transport.read(self._source, 0):
            self._alive()
            key = None if record.key is None else parse_key(record.key)
            if key is not None:
                yield _Stored(record, key)

    def _load(self, head: Record) -> bool:
        """Load one snapshot; whether that, or the absence of a state, is what the record says."""
        self._alive()
        try:
            self._restore(head)
        except CorruptState as error:
            if head.value is None:  # somebody else's way to delete it
                return True
            self._metrics.count(table.CORRUPT_SNAPSHOTS)
            log.error(
                "snapshot_refused",
                task=self._task.name,
                topic=head.topic,
                partition=head.partition,
                offset=head.offset,
                error=str(error),
                consequence="an older snapshot and a longer replay are used",
            )
            return False
        return True

    def _sound(self, head: Record) -> Snapshot | None:
        """Load one snapshot that was refused before, or one older than it; None if it is corrupt."""
        self._alive()
        try:
            return self._restore(head)
        except CorruptState:
            return None

    def _restore(self, head: Record) -> Snapshot:
        snapshot = decode_snapshot(head)
        if snapshot.valid_at > self._position.offset and not self._following:
            raise RecoveryError(
                f"The snapshot at {head.topic}-{head.partition}@{head.offset} must be valid at or "
                f"below the committed offset {self._position.offset} of task '{self._task.name}', "
                f"got {snapshot.valid_at}. {MOVED}"
            )
        self._owned.restore(snapshot)
        self.newest = max(self.newest, snapshot.valid_at)
        return snapshot
