"""Dead letters of one topic: what they say, and which are meant."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from itertools import islice
from typing import NamedTuple

from stream.codec.dead_letters import PREFIX
from stream.records import Record, TopicPartition
from stream.replay.tail import newest_first
from stream.transports.protocol import TopicInfo, Transport


class Letter(NamedTuple):
    """One dead letter."""

    record: Record
    """As it lies in the dead-letter topic."""
    reason: str
    detail: str
    task: str
    """What refused the record, with which reason, and the sentence about it."""
    topic: str
    partition: int
    offset: int
    """Where the original record stands."""


class Filter(NamedTuple):
    """Which dead letters are meant."""

    reason: str | None = None
    task: str | None = None
    since: int | None = None
    """Milliseconds since the epoch; a letter has the timestamp of its original."""

    def takes(self, letter: Letter) -> bool:
        """Whether this letter is meant."""
        return (
            self.reason in (None, letter.reason)
            and self.task in (None, letter.task)
            and (self.since is None or letter.record.timestamp >= self.since)
        )


EVERYTHING = Filter()


def letter_of(record: Record) -> Letter | None:
    """What the headers of a dead letter say; None for a record that is none.

    Where a header stands twice, as in a dead letter of a dead letter, the last one is in force.
    """
    said = {
        name.removeprefix(PREFIX): value.decode("utf-8", "backslashreplace")
        for name, value in record.headers
        if name.startswith(PREFIX)
    }
    try:
        return Letter(
            record,
            said["reason"],
            said.get("detail", ""),
            said.get("task", ""),
            said["topic"],
            int(said["partition"]),
            int(said["offset"]),
        )
    except (KeyError, ValueError):
        return None


def letter_at(log: Transport, tp: TopicPartition, offset: int) -> Letter | None:
    """The dead letter at one place, or None where there is none."""
    record = next(iter(log.read(tp, offset, offset + 1)), None)
    return None if record is None else letter_of(record)


def oldest_letters(log: Transport, topic: str, info: TopicInfo) -> Iterator[Letter]:
    """Iterate over all dead letters within the bounds of `info`, by partition, oldest first."""
    for partition, (first, end) in enumerate(info.bounds):
        for record in log.read(TopicPartition(topic, partition), first, end):
            letter = letter_of(record)
            if letter is not None:
                yield letter


def newest_letters(
    log: Transport, topic: str, info: TopicInfo, wanted: Filter, limit: int
) -> list[Letter]:
    """The newest `limit` dead letters that are meant, the oldest of them first."""
    partitions = [
        _meant(newest_first(log, TopicPartition(topic, partition), first, end), wanted)
        for partition, (first, end) in enumerate(info.bounds)
    ]
    youngest = merge(*partitions, key=lambda letter: letter.record.timestamp, reverse=True)
    return list(islice(youngest, limit))[::-1]


def _meant(records: Iterator[Record], wanted: Filter) -> Iterator[Letter]:
    for record in records:
        letter = letter_of(record)
        if letter is not None and wanted.takes(letter):
            yield letter
