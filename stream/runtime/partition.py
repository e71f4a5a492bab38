"""One input partition as its owner sees it: state, snapshot schedule, audit, position."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Condition

from stream.errors import TransportError
from stream.records import Outgoing, Record, TopicPartition
from stream.runtime.audit import Audit
from stream.runtime.position import Position
from stream.runtime.snapshots import Snapshot, SnapshotSchedule, encode_snapshot
from stream.tasks.protocol import Output, PartitionState


class OwnedPartition:
    """Everything about a partition that moves together. Its state holds all below `offset`.

    One thread moves it. Others may ask its state while they hold `turn`.
    """

    def __init__(
        self,
        tp: TopicPartition,
        state: PartitionState,
        *,
        snapshot_topic: str | None,
        snapshot_every: int,
        offset: int,
    ) -> None:
        self.tp = tp
        self.state = state
        self.offset = offset
        """The next offset to be processed."""
        self.turn = Condition()
        """Held while the state is at work; notified when it has moved on."""
        self.audit = Audit()
        self.schedule = SnapshotSchedule(snapshot_every)
        self.timestamp: int | None = None
        """Of the newest record, milliseconds since the epoch; None before the first."""
        self._snapshot_topic = snapshot_topic

    @property
    def position(self) -> Position:
        """What a commit has to say now."""
        replay_from = self.schedule.replay_from(self.offset)
        return Position(self.offset, replay_from, self.audit.total)

    def advance(self, records: Sequence[Record]) -> list[Output]:
        """Process records, in offset order, and return what comes of them."""
        if records[0].offset < self.offset:
            raise TransportError(
                f"The next record of {self.tp.topic}-{self.tp.partition} must have an offset of at "
                f"least {self.offset}, got {records[0].offset}: it would be processed twice."
            )
        with self.turn:
            step = self.state.process(records)
            self.offset = records[-1].offset + 1
            self.timestamp = records[-1].timestamp
            self.turn.notify_all()
        self.audit.add(step.outputs)
        self.schedule.changed(step.changed)
        return step.outputs

    def due_snapshots(self, advanced: int) -> list[Outgoing]:
        """The snapshots to be committed now, `advanced` offsets after the last commit."""
        return [self._snapshot(entity) for entity in self.schedule.take(self.offset, advanced)]

    def oldest_snapshots(self, most: int) -> list[Outgoing]:
        """A snapshot of the keys that have waited longest since they changed, at most so many."""
        return [self._snapshot(entity) for entity in self.schedule.take_oldest(most)]

    def restore(self, snapshot: Snapshot) -> None:
        """Put a snapshot in place. Raises StateError, and then changes nothing."""
        self.state.load(snapshot.entity, snapshot.state, snapshot.valid_at)
        self.audit.restore(snapshot.entity, snapshot.audit)

    def _snapshot(self, entity: bytes) -> Outgoing:
        assert self._snapshot_topic is not None, "a task without snapshots changed an entity"
        with self.turn:
            state = self.state.dump(entity)
        snapshot = Snapshot(entity, state, self.offset, self.audit.of(entity))
        return encode_snapshot(snapshot, self._snapshot_topic, self.tp, self.timestamp)
