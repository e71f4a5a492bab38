"""Deleting what a topic's declaration no longer keeps. Offsets are never used again.

What goes is found by reading alone; it is then deleted in small transactions, so producers hardly
wait. That is sound because a record that may be deleted stays so: records only grow older, and
newer ones of their key never vanish first.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from stream.transports.sqlite.connection import Connection
from stream.transports.sqlite.log import first_id

CHUNK = 2000
CHUNK_BYTES = 32 << 20
"""Most records, and about how many bytes, that one transaction deletes: everybody else waits for it."""
TOMBSTONE_MS = 24 * 3600 * 1000
"""How long a key's deletion stays readable after the records before it went."""

PARTITIONS = (
    "SELECT p.uid, p.start, p.stop, p.bytes, t.retention_ms, t.retention_bytes, t.compact"
    " FROM partitions AS p JOIN topics AS t ON t.id = p.topic_id WHERE p.start < p.stop"
)
FIRST_YOUNG = (
    "SELECT id FROM records WHERE id >= ? AND id < ? AND timestamp >= ? ORDER BY id LIMIT 1"
)
IDS = (
    "SELECT id, ifnull(length(value), 0) FROM records WHERE id >= ? AND id < ? ORDER BY id LIMIT ?"
)
SIZES = (
    "SELECT id, ifnull(length(key), 0) + ifnull(length(value), 0) + ifnull(length(headers), 0)"
    " FROM records WHERE id >= ? AND id < ? ORDER BY id LIMIT ?"
)
# The innermost query keeps the values, which may be large, out of the sorter.
SUPERSEDED = """
    SELECT id, size FROM (
        SELECT id, timestamp, tombstone, size,
            row_number() OVER (PARTITION BY key ORDER BY id DESC) AS age,
            count(*) FILTER (WHERE tombstone) OVER (
                PARTITION BY key ORDER BY id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS later_tombstones
        FROM (
            SELECT id, timestamp, key, value IS NULL AS tombstone, ifnull(length(value), 0) AS size
            FROM records WHERE id >= ? AND id < ?
        )
    )
    WHERE age > 2 OR later_tombstones > 0 OR (age = 1 AND tombstone AND timestamp < ?)
    ORDER BY id
"""
TOTAL = (
    "SELECT sum(ifnull(length(key), 0) + ifnull(length(value), 0) + ifnull(length(headers), 0))"
    " FROM records WHERE id IN (SELECT value FROM json_each(?))"
)
DELETE = "DELETE FROM records WHERE id IN (SELECT value FROM json_each(?))"
FIRST_KEPT = "SELECT min(id) FROM records WHERE id >= ? AND id < ?"


# Of the groups with live members that read the partition: the lowest offset that one of them still needs.
NEEDED = """
    SELECT min(coalesce(c.needed_from, c.offset, p.start))
    FROM partitions AS p JOIN topics AS t ON t.id = p.topic_id
    JOIN members AS m JOIN json_each(m.topics) AS subscribed ON subscribed.value = t.name
    LEFT JOIN positions AS c ON c.group_id = m.group_id AND c.uid = p.uid
    WHERE p.uid = ? AND m.deadline > ?
"""


class Kept(NamedTuple):
    """One partition as it is, and what its topic keeps."""

    uid: int
    start: int
    stop: int
    bytes: int
    retention_ms: int | None
    retention_bytes: int | None
    compact: int

    @property
    def ids(self) -> tuple[int, int]:
        """The ids of its records: first, and one beyond the last."""
        base = first_id(self.uid)
        return base + self.start, base + self.stop


def apply_retention(connection: Connection, now_ms: int) -> int:
    """Delete what may go as of `now_ms`; return how many records went."""
    deleted = 0
    for row in connection.query(PARTITIONS):
        kept = Kept(*row)
        ids = (
            _superseded(connection, kept, now_ms)
            if kept.compact
            else _too_old(connection, kept, now_ms)
        )
        for chunk in ids:
            deleted += _delete(connection, kept.uid, chunk)
    return deleted


def _superseded(connection: Connection, kept: Kept, now_ms: int) -> Iterator[list[int]]:
    rows = connection.query(SUPERSEDED, (*kept.ids, now_ms - TOMBSTONE_MS))
    yield from _chunks(rows)


def _chunks(rows: Iterable[tuple[int, int]]) -> Iterator[list[int]]:
    """Ids, from pairs with the sizes of their records, as many at once as one transaction may delete."""
    chunk: list[int] = []
    total = 0
    for row_id, size in rows:
        chunk.append(row_id)
        total += size
        if len(chunk) == CHUNK or total >= CHUNK_BYTES:
            yield chunk
            chunk, total = [], 0
    if chunk:
        yield chunk


def _too_old(connection: Connection, kept: Kept, now_ms: int) -> Iterator[list[int]]:
    first, _ = kept.ids
    end = max(_end_of_old(connection, kept, now_ms), _end_of_excess(connection, kept))
    # Never take a record from under a group that is at work and still has to read it.
    needed = connection.query(NEEDED, (kept.uid, now_ms))[0][0]
    if needed is not None:
        end = min(end, first_id(kept.uid) + needed)
    while rows := connection.query(IDS, (first, end, CHUNK)):
        yield from _chunks(rows)
        first = rows[-1][0] + 1


def _end_of_old(connection: Connection, kept: Kept, now_ms: int) -> int:
    first, end = kept.ids
    if kept.retention_ms is None:
        return first
    rows = connection.query(FIRST_YOUNG, (first, end, now_ms - kept.retention_ms))
    return int(rows[0][0]) if rows else end


def _end_of_excess(connection: Connection, kept: Kept) -> int:
    at, end = kept.ids
    if kept.retention_bytes is None:
        return at
    excess = kept.bytes - kept.retention_bytes
    while excess > 0 and (rows := connection.query(SIZES, (at, end, CHUNK))):
        for row_id, size in rows:
            if excess <= 0:
                break
            excess -= size
            at = row_id + 1
    return at


def _delete(connection: Connection, uid: int, ids: Sequence[int]) -> int:
    chunk = json.dumps(ids)

    def work(db: sqlite3.Connection) -> int:
        # Another process may have deleted some of them already: count what is there now.
        size = db.execute(TOTAL, (chunk,)).fetchone()[0] or 0
        count = db.execute(DELETE, (chunk,)).rowcount
        base = first_id(uid)
        start, stop = db.execute(
            "SELECT start, stop FROM partitions WHERE uid = ?", (uid,)
        ).fetchone()
        first = db.execute(FIRST_KEPT, (base + start, base + stop)).fetchone()[0]
        db.execute(
            "UPDATE partitions SET start = ?, bytes = bytes - ? WHERE uid = ?",
            (stop if first is None else first - base, size, uid),
        )
        return count

    return connection.transact(work)
