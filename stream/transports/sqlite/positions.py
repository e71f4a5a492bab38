"""The committed positions of groups."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from stream.records import Committed, TopicPartition
from stream.transports.sqlite.connection import Connection

ALL = (
    "SELECT t.name, p.partition, c.offset, c.metadata, c.needed_from FROM positions AS c"
    " JOIN consumer_groups AS g ON g.id = c.group_id JOIN partitions AS p ON p.uid = c.uid"
    " JOIN topics AS t ON t.id = p.topic_id WHERE g.name = ? ORDER BY t.name, p.partition"
)
ONE = "SELECT offset, metadata, needed_from FROM positions WHERE group_id = ? AND uid = ?"
PUT = (
    "INSERT OR REPLACE INTO positions (group_id, uid, offset, metadata, needed_from)"
    " VALUES (?, ?, ?, ?, ?)"
)


def read_position(connection: Connection, group_id: int, uid: int) -> Committed | None:
    """A group's position in one partition, or None."""
    rows = connection.query(ONE, (group_id, uid))
    return Committed(*rows[0]) if rows else None


def read_positions(connection: Connection, group: str) -> dict[TopicPartition, Committed]:
    """Every position of a group, by name; empty for a group that never committed."""
    return {
        TopicPartition(topic, partition): Committed(*position)
        for topic, partition, *position in connection.query(ALL, (group,))
    }


def write_positions(
    db: sqlite3.Connection, group_id: int, positions: Iterable[tuple[int, Committed]]
) -> None:
    """Write (partition uid, position) pairs inside the caller's transaction."""
    db.executemany(PUT, [(group_id, uid, *position) for uid, position in positions])
