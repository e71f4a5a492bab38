"""Reading a partition from its end."""

from __future__ import annotations

from collections.abc import Iterator

from stream.records import Record, TopicPartition
from stream.transports.protocol import Transport

_WINDOW = 1_000


def newest_first(
    transport: Transport, tp: TopicPartition, first: int, end: int
) -> Iterator[Record]:
    """Iterate over the records with first <= offset < end, the newest first."""
    while end > first:
        start = max(first, end - _WINDOW)
        yield from reversed(list(transport.read(tp, start, end)))
        end = start
