"""The newest records of a topic, and those that follow."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from heapq import merge
from itertools import islice
from threading import Event

from stream.errors import UnknownTopic
from stream.records import Record, TopicPartition
from stream.replay.tail import newest_first
from stream.transports.protocol import TopicInfo, Transport

_POLL_SECONDS = 0.2
_MOST_NAMES = 10


def known(log: Transport, topic: str) -> TopicInfo:
    """The topic. Raises UnknownTopic, naming those that exist, or those of the nearest names."""
    there = log.topics()
    if topic not in there:
        names = _names(there, topic)
        raise UnknownTopic(f"The topic must be one of the log's ({names}), got '{topic}'.")
    return there[topic]


def newest(
    log: Transport, topic: str, count: int, key: bytes | None = None
) -> tuple[list[Record], list[int]]:
    """The newest `count` records of a topic (of a key), and each partition's next offset.

    The oldest comes first.
    """
    bounds = known(log, topic).bounds
    partitions = [
        _of_key(newest_first(log, TopicPartition(topic, partition), first, end), key)
        for partition, (first, end) in enumerate(bounds)
    ]
    youngest = merge(*partitions, key=lambda record: record.timestamp, reverse=True)
    return list(islice(youngest, count))[::-1], [end for _, end in bounds]


def following(
    log: Transport, topic: str, ends: list[int], key: bytes | None, stop: Event | None = None
) -> Iterator[Record]:
    """Iterate over the records from offsets `ends` on, as they come, until `stop` is set."""
    stop = Event() if stop is None else stop
    ends = list(ends)
    while not stop.wait(_POLL_SECONDS):
        for partition, start in enumerate(ends):
            tp = TopicPartition(topic, partition)
            # What an open transaction holds back must not hold up the other partitions.
            for record in log.read(tp, start, log.readable(tp)):
                ends[partition] = record.offset + 1
                if key is None or record.key == key:
                    yield record


def _names(there: Collection[str], topic: str) -> str:
    if len(there) <= _MOST_NAMES:
        return ", ".join(sorted(there)) or "no topic at all"
    near = get_close_matches(topic, there, _MOST_NAMES)
    return ", ".join([*near, f"{len(there) - len(near)} others"])


def _of_key(records: Iterator[Record], key: bytes | None) -> Iterator[Record]:
    return (record for record in records if key is None or record.key == key)
