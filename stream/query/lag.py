"""How far a consumer group is behind its topic."""

from __future__ import annotations

from typing import NamedTuple

from stream.records import TopicPartition
from stream.transports.protocol import Transport


class PartitionLag(NamedTuple):
    """One partition of the input, and how much of it is done."""

    partition: int
    first: int
    """The first offset that is still kept."""
    end: int
    """The next offset to be written."""
    committed: int | None
    """The next offset to be read by the group; None where it never committed."""
    lag: int
    """Records to be read."""


def partition_lags(transport: Transport, topic: str, group: str) -> list[PartitionLag]:
    """The lag of every partition; empty while the topic does not exist. Raises TransportError."""
    info = transport.topics().get(topic)
    if info is None:
        return []
    committed = transport.committed(group)
    lags = []
    for partition, (first, end) in enumerate(info.bounds):
        position = committed.get(TopicPartition(topic, partition))
        start = first if position is None else max(first, position.offset)
        offset = None if position is None else position.offset
        lags.append(PartitionLag(partition, first, end, offset, max(0, end - start)))
    return lags
