"""Consumed messages as records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from confluent_kafka import Message

from stream.records import Record


def records_of(messages: Iterable[Message]) -> list[Record]:
    """Messages that are no errors, partition by partition, in the order of each one's first."""
    make = Record._make
    partitions: dict[tuple[str | None, int | None], list[Record]] = {}
    for message in messages:
        topic, partition, headers = message.topic(), message.partition(), message.headers()
        record = make(
            (
                topic,
                partition,
                message.offset(),
                message.timestamp()[1],
                message.key(),
                message.value(),
                _headers(headers) if headers else (),
            )
        )
        try:
            partitions[topic, partition].append(record)
        except KeyError:
            partitions[topic, partition] = [record]
    return [record for part in partitions.values() for record in part]


def _headers(headers: Any) -> tuple[tuple[str, bytes], ...]:  # noqa: ANN401 - typed as more than it is
    return tuple((name, data or b"") for name, data in headers)
