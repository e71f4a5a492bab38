"""The newest snapshot of each entity, found in the snapshot topic and read where it lies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from models.errors import StateError
from stream.codec.keys import entity_text
from stream.query.database import Database
from stream.query.entities import SnapshotPlace
from stream.query.intake import drop_entities, drop_snapshots, set_snapshot
from stream.records import Record, TopicPartition
from stream.runtime.chunks import parse_key, whole
from stream.runtime.snapshots import decode_snapshot
from stream.transports.protocol import Transport

Describe = Callable[[bytes], Mapping[str, Any]]


class StateSummary(NamedTuple):
    """What an entity's newest snapshot holds."""

    partition: int
    """The input partition whose records made it."""
    valid_at: int | None
    """It holds every record of that partition below this offset; None where that is unknown."""
    written: int
    """When, microseconds since the epoch, by the record's timestamp."""
    size: int
    """Bytes."""
    details: Mapping[str, Any] | None
    """What `models.detector.describe` says of it; None where it cannot be used."""
    problem: str | None
    """Why it cannot be used; None where it can."""


class StateIndex:
    """Where the newest snapshot of each entity is. The snapshots themselves stay in the log."""

    def __init__(
        self,
        database: Database,
        transport: Transport,
        topic: str,
        describe: Describe,
        max_entities: int = 100_000,
    ) -> None:
        self._database = database
        self._transport = transport
        self._describe = describe
        self.topic = topic
        self.max_entities = max_entities

    def add(self, partition: int, records: Sequence[Record]) -> None:
        """Take in a partition's next records; a null value says that the entity's state is gone."""
        keyed = [(parse_key(record.key), record) for record in records if record.key is not None]
        # The head of a snapshot in chunks stands for it: it is written last.
        newest = {key.entity: record for key, record in keyed if key and not key.chunk}
        with self._database.transaction() as connection:
            for entity, record in newest.items():
                place = None if record.value is None else (partition, record.offset)
                set_snapshot(connection, entity_text(entity), place, record.timestamp * 1000)
            drop_entities(connection, self.max_entities)

    def drop(self, partition: int, below: int) -> None:
        """Forget the snapshots of a partition below an offset."""
        with self._database.transaction() as connection:
            drop_snapshots(connection, partition, below)

    def read(self, place: SnapshotPlace) -> StateSummary | None:
        """What the snapshot there holds; None where retention has taken it since.

        Raises TransportError.
        """
        tp = TopicPartition(self.topic, place.partition)
        head = next(self._transport.read(tp, place.offset, place.offset + 1), None)
        if head is None or head.value is None:
            return None
        record = whole(self._transport, head)
        return self._summary(record, record.value or b"")

    def _summary(self, record: Record, state: bytes) -> StateSummary:
        valid_at, details, problem = None, None, None
        try:
            valid_at = decode_snapshot(record).valid_at
            details = self._describe(state)
        except StateError as error:
            problem = str(error)
        return StateSummary(
            record.partition, valid_at, record.timestamp * 1000, len(state), details, problem
        )
