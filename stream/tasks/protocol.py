"""What every task promises: a pure, deterministic function of one ordered log.

    (state, batch of records) -> (new state, output records)

A task knows no broker, no wall clock, no files. Its outputs depend on the records alone: never on how they were
cut into batches, nor on which keys share a partition's state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, Protocol, runtime_checkable

from stream.records import Outgoing, Record, TopicPartition
from stream.transports.protocol import TopicSpec


class Output(NamedTuple):
    """One output record, with the entity and input offset that caused it."""

    entity: bytes | None
    """The key whose state made it; None for what has no state behind it (a dead letter)."""
    offset: int
    record: Outgoing


class Step(NamedTuple):
    """What one batch did."""

    outputs: list[Output]
    """In the order of the input records."""
    changed: dict[bytes, int]
    """Entity -> offset of the first record of this batch that changed its state; to be forgotten is a change."""
    forgotten: Mapping[bytes, int] = MappingProxyType({})
    """Entity -> offset of the last record of this batch that had it forgotten. Later records may have begun it anew."""


class ModelError(NamedTuple):
    """What came of a record that the task could not process, as text that is the same on every machine."""

    detail: str
    """One line: the kind of the exception and its message."""
    traceback: str
    """Where it was raised: one line per call, the innermost last."""


class PartitionState(Protocol):
    """The state of one input partition: one independent state per entity.

    `process` ignores a record whose offset is below its entity's `valid_at`: the loaded state already holds it.
    """

    def process(self, records: Sequence[Record]) -> Step:
        """Advance by a batch of this partition, in offset order. Never raises for bad records.

        A record without a value, whose key is an entity, has that entity forgotten. Should it raise all the same, the
        states of these records' entities may be left half-changed, but no others.
        """

    def entity_of(self, record: Record) -> bytes | None:
        """The one entity whose state `process` might change for this record; None if there is none."""

    def refuse(self, record: Record, error: ModelError) -> Output:
        """The dead letter for a record whose processing raised. It touches no state; its entity is None."""

    def __contains__(self, entity: object) -> bool:
        """Whether the entity has state."""

    def dump(self, entity: bytes) -> bytes:
        """The entity's state as versioned, checksummed bytes."""

    def load(self, entity: bytes, state: bytes, valid_at: int) -> None:
        """Put a dumped state in place; it holds every record below offset `valid_at`.

        Raises models.errors.CorruptState or IncompatibleState, and then changes nothing.
        """

    def forget(self, entity: bytes, valid_at: int = 0) -> None:
        """Drop the entity's state, if there is any; having none holds every record below offset `valid_at`."""

    def entities(self) -> Iterable[bytes]:
        """Every entity that has state."""


WHOLE = b""
"""The one entity of a shared state. Of other states: what the partition itself has to know, by offset, so that the
states of entities may look it up at the offset of their record; it is nobody's key."""


class Piece(NamedTuple):
    """A part of a shared state, under a name of its own."""

    name: bytes
    state: bytes | None
    """Versioned, checksummed bytes; None: there is no such piece any more."""


@runtime_checkable
class SharedState(PartitionState, Protocol):
    """A state whose entities share what they know: its pieces mean something only together, all as of one offset.

    For the runtime it has one entity, `WHOLE`, which all outputs and changes are of, and which is never forgotten.
    In place of dumps of single entities it is saved by checkpoints, and each is committed as one. Neither `dump` nor
    `forget` is called.
    """

    def checkpoint(self) -> Iterable[Piece]:
        """The pieces to be written so that they, and older ones of other names, hold the state as it is now.

        Names are not empty. A state that nothing was loaded into writes all that it has.

        The caller commits them, or does not use this state any more. Bounded in what it yields by what has changed
        since the last one, and by a share of the rest.
        """

    def load(self, entity: bytes, state: bytes, valid_at: int) -> None:
        """Put a piece (its name, its bytes) in place, in a state that has processed nothing.

        Pieces come in the order in which they were written, so those of older checkpoints first; `valid_at` is the
        offset of the checkpoint that wrote it. Raises models.errors.CorruptState or IncompatibleState, and then the
        state is not used any more.
        """

    def loaded(self, valid_at: int) -> None:
        """All pieces of the checkpoint at offset `valid_at` are there: from now on the state holds what is below it.

        Raises models.errors.CorruptState where they do not go together, and then the state is not used any more.
        """


class Task(Protocol):
    """A named task: which topics it reads and writes, and how to make a partition's state."""

    @property
    def name(self) -> str:
        """Unique in a configuration; its consumer group is `cutstream.<name>`."""

    @property
    def configuration(self) -> str:
        """A digest of all that outputs depend on beside the records: parameters, and the version of the code."""

    @property
    def inputs(self) -> Sequence[str]:
        """The topics that it consumes."""

    @property
    def topics(self) -> Sequence[TopicSpec]:
        """Every topic that it reads or writes, snapshots included, to be created or checked at start."""

    @property
    def snapshot_topic(self) -> str | None:
        """The compacted topic of its snapshots; partition p holds those of input partition p. None: it has no state."""

    def open(self, tp: TopicPartition) -> PartitionState:
        """An empty state for one input partition."""


@runtime_checkable
class Paced(Protocol):
    """A task whose snapshots have an interval of their own, in place of the worker's."""

    @property
    def snapshot_every(self) -> int:
        """What has changed is written again at the latest this many offsets later, >= 1."""
