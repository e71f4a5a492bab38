"""Where the last replay of a file ended, told by the records themselves."""

from __future__ import annotations

from stream.records import Headers, TopicPartition
from stream.replay.tail import newest_first
from stream.transports.protocol import Transport

SOURCE_HEADER = "cutstream.replay.source"
ROW_HEADER = "cutstream.replay.row"

_DEPTH = 100_000


def headers(source: bytes, row: int) -> Headers:
    """The headers that make a replay resumable."""
    return (SOURCE_HEADER, source), (ROW_HEADER, b"%d" % row)


def next_row(transport: Transport, topic: str, source: bytes) -> int:
    """The first row of `source` that `topic` does not hold yet.

    Every batch of a replay is appended in one atomic step and in the order of the file, so the
    highest row that is the newest of a partition says that all rows before it are there too.
    At most the newest 100,000 records of each partition are looked at.
    """
    info = transport.topics()[topic]
    newest = [
        _newest_row(transport, TopicPartition(topic, partition), first, end, source)
        for partition, (first, end) in enumerate(info.bounds)
    ]
    return max(newest, default=-1) + 1


def _newest_row(
    transport: Transport, tp: TopicPartition, first: int, end: int, source: bytes
) -> int:
    """The row of the newest record of `source`, or -1."""
    for record in newest_first(transport, tp, max(first, end - _DEPTH), end):
        fields = dict(record.headers)
        if fields.get(SOURCE_HEADER) == source:
            return int(fields[ROW_HEADER])
    return -1
