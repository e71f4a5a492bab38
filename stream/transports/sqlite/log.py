"""Appending records to partitions, and reading them back."""

from __future__ import annotations

import json
import sqlite3
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import msgspec

from stream.records import Appended, Headers, Outgoing, Record, TopicPartition
from stream.transports.checks import check_key, check_partition
from stream.transports.partitioner import partition_of
from stream.transports.sqlite.catalogue import Topic
from stream.transports.sqlite.connection import Connection, Row
from stream.transports.sqlite.schema import OFFSET_BITS

PAGE = 1000
PAGE_BYTES = 16 << 20
"""Most records, and bytes of values, that are in memory at once when a partition is read."""
INSERT = "INSERT INTO records (id, timestamp, key, value, headers) VALUES (?, ?, ?, ?, ?)"
SELECT = (
    "SELECT id - ?, timestamp, key, value, headers FROM records"
    " WHERE id >= ? AND id < ? ORDER BY id LIMIT ?"
)
# Keys stand before values, so that values, which may be large, are not touched.
NEWEST = "SELECT max(id) FROM records WHERE id >= ? AND id < ? GROUP BY key ORDER BY 1"
CHOSEN = (
    "SELECT id - ?, timestamp, key, value, headers FROM records"
    " WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"
)

encode_headers = msgspec.msgpack.Encoder().encode
decode_headers = msgspec.msgpack.Decoder(Headers).decode


def first_id(uid: int) -> int:
    """The id of the record at offset 0 of a partition."""
    return uid << OFFSET_BITS


def check_record(topic: Topic, record: Outgoing) -> None:
    """Raise InvalidParameter for a record that the topic cannot hold."""
    if record.partition is not None:
        check_partition(topic.name, record.partition, len(topic.uids))
    if topic.compact:
        check_key(topic.name, record.key)


def append(
    db: sqlite3.Connection, batches: Iterable[tuple[Topic, Sequence[Outgoing]]], now_ms: int
) -> list[tuple[Topic, list[int]]]:
    """Write one batch of records per topic, inside the caller's transaction; return their ids."""
    written = []
    for topic, records in batches:
        tail = _Tail(db, topic)
        written.append((topic, tail.extend(records, now_ms)))
        tail.write(db)
    return written


def places(topic: Topic, ids: Iterable[int]) -> Iterator[Appended]:
    """Where the records of a topic are that have these ids."""
    partitions = {uid: partition for partition, uid in enumerate(topic.uids)}
    for row in ids:
        uid = row >> OFFSET_BITS
        yield Appended(topic.name, partitions[uid], row - first_id(uid))


class _Tail:
    """The ends of a topic's partitions, and the rows that will follow there."""

    def __init__(self, db: sqlite3.Connection, topic: Topic) -> None:
        self._uids = topic.uids
        rows = db.execute(
            "SELECT stop FROM partitions WHERE topic_id = ? ORDER BY partition", (topic.id,)
        )
        self._stops = [stop for (stop,) in rows]
        self._rows: list[list[Row]] = [[] for _ in topic.uids]
        self._bytes = [0] * len(topic.uids)

    def extend(self, records: Sequence[Outgoing], now_ms: int) -> list[int]:
        """Add records; return their ids."""
        written: list[int] = []
        rows, sizes, count = self._rows, self._bytes, len(self._rows)
        ids = [first_id(uid) + stop for uid, stop in zip(self._uids, self._stops, strict=True)]
        # The log itself says whose turn it is, so a restarted producer goes on as if it had never
        # stopped.
        turn = sum(self._stops)
        for _, key, value, headers, timestamp, partition in records:
            if partition is not None:
                p = partition
            elif key is not None:
                p = partition_of(key, count)
            else:
                p = turn % count
            turn += 1
            encoded = encode_headers(headers) if headers else None
            rows[p].append(
                (ids[p], now_ms if timestamp is None else timestamp, key, value, encoded)
            )
            written.append(ids[p])
            ids[p] += 1
            sizes[p] += len(key or b"") + len(value or b"") + len(encoded or b"")
        return written

    def write(self, db: sqlite3.Connection) -> None:
        db.executemany(INSERT, chain.from_iterable(self._rows))
        db.executemany(
            "UPDATE partitions SET stop = ?, bytes = bytes + ? WHERE uid = ?",
            [
                (stop + len(rows), size, uid)
                for uid, stop, rows, size in zip(
                    self._uids, self._stops, self._rows, self._bytes, strict=True
                )
                if rows
            ],
        )


def fetch(
    connection: Connection, tp: TopicPartition, uid: int, start: int, stop: int, limit: int
) -> list[Record]:
    """At most `limit` records with start <= offset < stop, in offset order."""
    base = first_id(uid)
    rows = connection.query(SELECT, (base, base + start, base + stop, limit))
    return _records(tp, rows)


def scan(
    connection: Connection, tp: TopicPartition, uid: int, start: int, stop: int
) -> Iterator[Record]:
    """Every record with start <= offset < stop, page by page: no read transaction stays open
    meanwhile, which would keep the write-ahead log from being reset."""
    base = first_id(uid)
    while start < stop:
        rows = connection.page(
            SELECT, (base, base + start, base + stop, PAGE), _value_bytes, PAGE_BYTES
        )
        if not rows:
            return
        yield from _records(tp, rows)
        start = rows[-1][0] + 1


def scan_newest(
    connection: Connection, tp: TopicPartition, uid: int, start: int, stop: int
) -> Iterator[Record]:
    """As `scan`, but of each key only the last record."""
    base = first_id(uid)
    ids = [row_id for (row_id,) in connection.query(NEWEST, (base + start, base + stop))]
    while ids:
        chosen = json.dumps(ids[:PAGE])
        rows = connection.page(CHOSEN, (base, chosen), _value_bytes, PAGE_BYTES)
        yield from _records(tp, rows)
        # What retention took meanwhile does not come.
        ids = ids[bisect_right(ids, base + rows[-1][0]) if rows else PAGE :]


def _value_bytes(row: Row) -> int:
    return len(row[3] or b"")


def _records(tp: TopicPartition, rows: list[Row]) -> list[Record]:
    topic, partition = tp
    decode: Any = decode_headers
    return [
        Record(topic, partition, offset, timestamp, key, value, decode(headers) if headers else ())
        for offset, timestamp, key, value, headers in rows
    ]
