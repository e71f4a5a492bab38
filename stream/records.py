"""The values that pass between transports, tasks and the runtime."""

from __future__ import annotations

from typing import NamedTuple

Headers = tuple[tuple[str, bytes], ...]


class TopicPartition(NamedTuple):
    """One partition of one topic: an ordered log."""

    topic: str
    partition: int


class Record(NamedTuple):
    """One committed record as read from a log."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    """Milliseconds since the epoch, as set by the producer."""
    key: bytes | None
    value: bytes | None
    headers: Headers


class Outgoing(NamedTuple):
    """One record to be written. Without `partition`, its key decides; without a key, they rotate."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    timestamp: int | None = None
    """Milliseconds since the epoch; None lets the transport stamp it (of a task's outputs, only re-keyed records)."""
    partition: int | None = None


class Appended(NamedTuple):
    """Where a record was written."""

    topic: str
    partition: int
    offset: int


class Committed(NamedTuple):
    """A group's position in one partition."""

    offset: int
    """The next offset to be read."""
    metadata: str = ""
    """Free text that commits with the offset (at most 4,095 characters)."""
    needed_from: int | None = None
    """The lowest offset that the group may have to read again; None means `offset`. A log that deletes records itself
    keeps them from here on while the group has members; one whose broker does can only be given retention enough."""


class Polled(NamedTuple):
    """What one poll brought. Changes of assignment are data, handled between polls."""

    records: list[Record]
    """Grouped by partition, in offset order within each."""
    lost: frozenset[TopicPartition] = frozenset()
    gained: frozenset[TopicPartition] = frozenset()
