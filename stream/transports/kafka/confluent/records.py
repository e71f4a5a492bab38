"""Consumed messages as records."""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter
from typing import Any

from confluent_kafka import Message

from stream.records import Record

PLACE = itemgetter(0, 1)
"""Topic and partition of a record."""


def records_of(messages: Iterable[Message]) -> list[Record]:
    """Messages that are no errors, partition by partition."""
    make = Record._make
    records = [
        make(
            (
                message.topic(),
                message.partition(),
                message.offset(),
                message.timestamp()[1],
                message.key(),
                message.value(),
                _headers(headers) if (headers := message.headers()) else (),
            )
        )
        for message in messages
    ]
    # The library mixes partitions; sorting keeps the order within each.
    records.sort(key=PLACE)
    return records


def _headers(headers: Any) -> tuple[tuple[str, bytes], ...]:  # noqa: ANN401 - typed as more than it is
    return tuple((name, data or b"") for name, data in headers)
