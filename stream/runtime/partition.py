"""One input partition as its owner sees it: state, snapshot schedule, audit, position."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from threading import Condition
from typing import NamedTuple

from stream.errors import TransportError
from stream.records import Outgoing, Record, TopicPartition
from stream.runtime.audit import Audit
from stream.runtime.careful import Outcome, process, process_carefully, process_shared
from stream.runtime.checkpoints import Checkpoints
from stream.runtime.manifest import Version
from stream.runtime.position import Position
from stream.runtime.schedule import SnapshotSchedule
from stream.runtime.snapshot_writer import SnapshotWriter
from stream.runtime.snapshots import Snapshot
from stream.tasks.protocol import WHOLE, ModelError, Output, PartitionState, SharedState, Step


class Policy(NamedTuple):
    """How a partition's snapshots are written, and how it is processed after a failure."""

    snapshot_topic: str | None
    """None for a task without state."""
    snapshot_every: int
    """A changed key is written again at the latest this many offsets later."""
    max_record_bytes: int | None
    """The largest key and value, together, of one record; None where there is no limit."""
    wary: int
    """Offsets that are processed carefully after a record on which the task raised: where one is
    bad, more may be, and where a batch that is not careful fails, the partition is rebuilt."""


class Advanced(NamedTuple):
    """What came of a batch."""

    outputs: list[Output]
    forgotten: int
    """Entities that were forgotten."""
    refused: int
    """Records on which the task raised."""


class Saved(NamedTuple):
    """Snapshots to be committed."""

    records: list[Outgoing]
    entities: int
    """How many states or pieces these are; what is gone is not counted."""
    checkpoints: int = 0
    """How many of the records are manifests of a shared state."""


class OwnedPartition:
    """Everything about a partition that moves together. Its state holds all below `offset`.

    One thread moves it. Others may ask its state while they hold `turn`.
    """

    def __init__(
        self, tp: TopicPartition, state: PartitionState, policy: Policy, *, offset: int
    ) -> None:
        self.tp = tp
        self.state = state
        self.offset = offset
        """The next offset to be processed."""
        self.sound = True
        """False while the state is being changed, and from then on if the task raises."""
        self.turn = Condition()
        """Held while the state is at work; notified when it has moved on."""
        self.audit = Audit()
        self.schedule = SnapshotSchedule(policy.snapshot_every)
        self.timestamp: int | None = None
        """Of the newest record, milliseconds since the epoch; None before the first."""
        self.careful = range(0)
        """Offsets whose batches are processed carefully: see stream.runtime.careful."""
        self.culprits: Mapping[int, ModelError] = {}
        """Offset -> what came of it, of records on which a shared state is known to raise."""
        self.began = offset
        """The offset from which the state has seen every record."""
        self._policy = policy
        self._shared = state if isinstance(state, SharedState) else None
        # A task without state has no topic, and never anything to be written.
        self._writer = SnapshotWriter(policy.snapshot_topic or "", tp, policy.max_record_bytes)
        self._checkpoints = Checkpoints(self._writer)
        self._at_once = False
        """Whether a checkpoint is due with the next commit."""
        self._held: dict[bytes, int] = {}
        self._gone: set[bytes] = set()
        """Entities that were forgotten since the last commit."""

    def position(self, configuration: str) -> Position:
        """What a commit has to say now."""
        replay_from = self.schedule.replay_from(self.offset)
        position = Position(self.offset, replay_from, self.audit.total, configuration)
        if self._shared is None:
            return position
        return position._replace(began=self.began, checkpoint=self._checkpoints.valid_at)

    def advance(self, records: Sequence[Record]) -> Advanced:
        """Process records, in offset order, and return what comes of them.

        Raises ProcessingFailedError where the task raises; then the state cannot be used any more.
        A TransportError (a schema that cannot be had now) leaves it `sound` where nothing has changed.
        """
        if records[0].offset < self.offset:
            raise TransportError(
                f"The next record of {self.tp.topic}-{self.tp.partition} must have an offset of at "
                f"least {self.offset}, got {records[0].offset}: it would be processed twice."
            )
        with self.turn:
            self.sound = False
            carefully = self._is_careful(records)
            try:
                step, refused = self._process(records, carefully)
            except TransportError:
                # Tasks ask others before they change anything; but of entities that are taken one
                # after another, some have gone on by then.
                self.sound = not carefully
                raise
            self.sound = True
            self.offset = records[-1].offset + 1
            self.timestamp = records[-1].timestamp
            self.turn.notify_all()
        self.audit.add(step.outputs, step.forgotten)
        self.schedule.changed(step.changed if self._shared is None else _changed_whole(step))
        if step.forgotten:
            self._gone.update(step.forgotten)
        if refused:
            # A replay that meets a culprit must rebuild a shared state once more, and then again.
            self._at_once = self._shared is not None
            wary_to = max(self.careful.stop, self.offset + self._policy.wary)
            self.careful = range(self.careful.start, wary_to)
        return Advanced(step.outputs, len(step.forgotten), refused)

    def pass_over(self, offset: int) -> None:
        """Note that there is no record below `offset` that was not processed."""
        with self.turn:
            self.offset = max(self.offset, offset)
            self.turn.notify_all()

    def due_snapshots(self, advanced: int) -> Saved:
        """The snapshots to be committed now, `advanced` offsets after the last commit."""
        gone = sorted(entity for entity in self._gone if entity not in self.state)
        self._gone.clear()
        for entity in gone:
            self.schedule.remove(entity)
        due = self.schedule.take(self.offset, advanced)
        if self._at_once:
            due += self.schedule.take_oldest(len(self.schedule))
            self._at_once = False
        return self._saved([*gone, *due])

    def oldest_snapshots(self, most: int) -> Saved:
        """A snapshot of the keys that have waited longest since they changed, at most so many."""
        return self._saved(self.schedule.take_oldest(most))

    def restore(self, snapshot: Snapshot) -> None:
        """Put a snapshot in place. Raises StateError, and then changes nothing."""
        if snapshot.state is None:
            self.state.forget(snapshot.entity, snapshot.valid_at)
        else:
            self.state.load(snapshot.entity, snapshot.state, snapshot.valid_at)
        self.audit.restore(snapshot.entity, snapshot.audit)
        self._held[snapshot.entity] = snapshot.valid_at

    def restore_piece(self, name: bytes, piece: bytes, valid_at: int) -> None:
        """Put a piece of a shared state in place. Raises StateError; the state is of no use then."""
        self.state.load(name, piece, valid_at)

    def restore_whole(self, valid_at: int, audit: int, pieces: Mapping[bytes, Version]) -> None:
        """Note that all pieces of a checkpoint are in place. Raises StateError as `restore_piece`."""
        assert self._shared is not None, "only a shared state has pieces"
        self._shared.loaded(valid_at)
        self.audit.restore(WHOLE, audit)
        self._held[WHOLE] = valid_at
        self._checkpoints.restore(valid_at, pieces)

    def found_chunk(self, entity: bytes, number: int) -> None:
        """Note that the snapshot topic holds a chunk of this number for the entity, or piece."""
        self._writer.found_chunk(entity, number)

    def found_stale(self, names: Iterable[bytes]) -> None:
        """Note that the snapshot topic holds pieces of these names that no checkpoint needs."""
        self._checkpoints.found_stale(names)

    def restored(self) -> None:
        """Note that all records that a loaded snapshot holds lie behind."""
        self._held.clear()
        self._gone.clear()

    def _is_careful(self, records: Sequence[Record]) -> bool:
        careful = self.careful
        return records[0].offset < careful.stop and records[-1].offset >= careful.start

    def _process(self, records: Sequence[Record], carefully: bool) -> Outcome:
        if self._shared is not None:
            held = self._held.get(WHOLE, 0)
            return process_shared(self.state, records, self.culprits, held, carefully=carefully)
        if carefully:
            return process_carefully(self.state, records, self._held)
        return process(self.state, records)

    def _saved(self, entities: Sequence[bytes]) -> Saved:
        if self._shared is not None:
            return self._checkpoint(self._shared) if entities else Saved([], 0)
        records, states = [], 0
        for entity in entities:
            written = self._snapshot(entity)
            states += written[-1].value is not None
            records += written
        return Saved(records, states)

    def _snapshot(self, entity: bytes) -> list[Outgoing]:
        """The records of an entity's snapshot, and nulls for what they leave of an earlier one."""
        assert self._policy.snapshot_topic is not None, "a task without snapshots changed an entity"
        with self.turn:
            state = self.state.dump(entity) if entity in self.state else None
        snapshot = Snapshot(entity, state, self.offset, self.audit.of(entity))
        return self._writer.records(snapshot, self.timestamp)

    def _checkpoint(self, state: SharedState) -> Saved:
        assert self._policy.snapshot_topic is not None, "a shared state needs a snapshot topic"
        with self.turn:
            pieces = list(state.checkpoint())
        audit = self.audit.of(WHOLE)
        records = self._checkpoints.records(pieces, self.offset, audit, self.timestamp)
        return Saved(records, sum(piece.state is not None for piece in pieces), 1)


def _changed_whole(step: Step) -> dict[bytes, int]:
    """What a batch did to a shared state. An output is a change: a replay must put it out again, or
    the sums would differ."""
    offsets = [output.offset for output in step.outputs if output.entity is not None]
    offsets += step.changed.values()
    return {WHOLE: min(offsets)} if offsets else {}
