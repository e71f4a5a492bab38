"""Consumed messages as records."""

from __future__ import annotations

from typing import Any

from confluent_kafka import Message

from stream.records import Record


def record_of(message: Message) -> Record:
    """A message that is no error."""
    headers: Any = message.headers()
    return Record._make(
        (
            message.topic(),
            message.partition(),
            message.offset(),
            message.timestamp()[1],
            message.key(),
            message.value(),
            () if headers is None else tuple((name, data or b"") for name, data in headers),
        )
    )


def grouped(records: list[Record]) -> list[Record]:
    """The same records, partition by partition, in the order of each one's first."""
    partitions: dict[tuple[str, int], list[Record]] = {}
    for record in records:
        partitions.setdefault((record.topic, record.partition), []).append(record)
    if len(partitions) < 2:
        return records
    return [record for part in partitions.values() for record in part]
