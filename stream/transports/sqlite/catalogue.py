"""Topics and their partitions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from stream.errors import UnknownTopic
from stream.records import TopicPartition
from stream.transports.checks import check_declaration, check_partition, check_spec
from stream.transports.protocol import TopicInfo, TopicSpec
from stream.transports.sqlite.connection import Connection


class Topic(NamedTuple):
    """What never changes of a topic."""

    id: int
    name: str
    uids: tuple[int, ...]
    """The uid of each partition."""
    compact: bool


class Catalogue:
    """The topics of the log. Topics are never deleted and never change size, so look-ups are
    cached."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._topics: dict[str, Topic] = {}

    def topic(self, name: str) -> Topic:
        """Look a topic up. Raises UnknownTopic."""
        found = self._topics.get(name)
        if found is None:
            found = self._topics[name] = self._load(name)
        return found

    def topics(self, names: Iterable[str]) -> dict[str, Topic]:
        """Look several topics up. Raises UnknownTopic."""
        return {name: self.topic(name) for name in names}

    def uid(self, tp: TopicPartition) -> int:
        """The uid of a partition. Raises UnknownTopic, InvalidParameter."""
        topic = self.topic(tp.topic)
        check_partition(topic.name, tp.partition, len(topic.uids))
        return topic.uids[tp.partition]

    def ensure(self, spec: TopicSpec) -> None:
        """Create a topic, or check it and put its retention in force. Raises TopicMismatch."""
        check_spec(spec)
        self._connection.transact(lambda db: _ensure(db, spec))

    def infos(self) -> dict[str, TopicInfo]:
        """Every topic, by name."""
        rows = self._connection.query(
            "SELECT t.name, t.retention_ms, t.retention_bytes, t.compact, p.start, p.stop"
            " FROM topics AS t JOIN partitions AS p ON p.topic_id = t.id"
            " ORDER BY t.name, p.partition"
        )
        bounds: dict[str, list[tuple[int, int]]] = {}
        for name, *_, start, stop in rows:
            bounds.setdefault(name, []).append((start, stop))
        return {
            name: TopicInfo(
                TopicSpec(name, len(bounds[name]), retention_ms, retention_bytes, bool(compact)),
                tuple(bounds[name]),
            )
            for name, retention_ms, retention_bytes, compact, _, _ in rows
        }

    def _load(self, name: str) -> Topic:
        rows = self._connection.query(
            "SELECT t.id, t.compact, p.uid FROM topics AS t"
            " JOIN partitions AS p ON p.topic_id = t.id WHERE t.name = ? ORDER BY p.partition",
            (name,),
        )
        if not rows:
            raise UnknownTopic(f"The topic {name!r} must exist, got no such topic in the log.")
        topic_id, compact, _ = rows[0]
        return Topic(topic_id, name, tuple(uid for _, _, uid in rows), bool(compact))


def _ensure(db: sqlite3.Connection, spec: TopicSpec) -> None:
    row = db.execute(
        "SELECT t.id, t.compact, count(*) FROM topics AS t"
        " JOIN partitions AS p ON p.topic_id = t.id WHERE t.name = ? GROUP BY t.id",
        (spec.name,),
    ).fetchone()
    if row is None:
        _create(db, spec)
        return
    topic_id, compact, partitions = row
    check_declaration(spec, partitions, bool(compact))
    db.execute(
        "UPDATE topics SET retention_ms = ?, retention_bytes = ? WHERE id = ?",
        (spec.retention_ms, spec.retention_bytes, topic_id),
    )


def _create(db: sqlite3.Connection, spec: TopicSpec) -> None:
    topic_id = db.execute(
        "INSERT INTO topics (name, retention_ms, retention_bytes, compact) VALUES (?, ?, ?, ?)",
        (spec.name, spec.retention_ms, spec.retention_bytes, int(spec.compact)),
    ).lastrowid
    db.executemany(
        "INSERT INTO partitions (topic_id, partition) VALUES (?, ?)",
        [(topic_id, partition) for partition in range(spec.partitions)],
    )
