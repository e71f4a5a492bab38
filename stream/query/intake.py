"""The statements that fill and trim a detector's tables."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from models.detector.decisions import ANOMALY
from stream.query.extract import Scored


class NewScore(NamedTuple):
    """A score record with its place: `row` orders records of one event time, and is unique."""

    row: int
    scored: Scored


def entity_key(entity: str) -> bytes:
    """The entity as it is stored. Any text is allowed, even what UTF-8 cannot hold."""
    return entity.encode("utf-8", "surrogatepass")


def folded(text: str) -> bytes:
    """The form in which entities are searched, blind to case."""
    return text.casefold().encode("utf-8", "surrogatepass")


def add_entities(connection: sqlite3.Connection, entities: Iterable[str]) -> None:
    """Make sure that each of the entities has a row."""
    connection.executemany(
        "INSERT INTO entities (key, folded) VALUES (?, ?) ON CONFLICT (key) DO NOTHING",
        [(entity_key(entity), folded(entity)) for entity in set(entities)],
    )


def add_scores(connection: sqlite3.Connection, scores: Sequence[NewScore]) -> None:
    """Store score records and count them for their entities."""
    add_entities(connection, (new.scored.entity for new in scores))
    connection.executemany(
        "INSERT INTO scores (id, entity, time, status, body)"
        " VALUES (?, (SELECT id FROM entities WHERE key = ?), ?, ?, ?)",
        [
            (row, entity_key(scored.entity), scored.time, scored.status, scored.body)
            for row, scored in scores
        ],
    )
    by_entity: dict[str, list[NewScore]] = {}
    for new in scores:
        by_entity.setdefault(new.scored.entity, []).append(new)
    _count_scores(connection, by_entity)
    _keep_last(connection, by_entity)


def _count_scores(connection: sqlite3.Connection, by_entity: dict[str, list[NewScore]]) -> None:
    connection.executemany(
        "UPDATE entities SET records = records + ?, anomalies = anomalies + ?, first_seen ="
        " CASE WHEN last_id < 0 THEN ? ELSE min(first_seen, ?) END WHERE key = ?",
        [
            (
                len(news),
                sum(new.scored.status == ANOMALY for new in news),
                *[min(new.scored.time for new in news)] * 2,
                entity_key(entity),
            )
            for entity, news in by_entity.items()
        ],
    )


def _keep_last(connection: sqlite3.Connection, by_entity: dict[str, list[NewScore]]) -> None:
    newest = [max(news, key=lambda new: (new.scored.time, new.row)) for news in by_entity.values()]
    connection.executemany(
        "UPDATE entities SET last_seen = ?, last_id = ?, status = ?, grade = ?,"
        " body = ?"
        " WHERE key = ? AND (last_id < 0 OR (last_seen, last_id) < (?, ?))",
        [
            (s.time, row, s.status, s.grade, s.body, entity_key(s.entity), s.time, row)
            for row, s in newest
        ],
    )


def drop_scores(connection: sqlite3.Connection, first: int, last: int) -> None:
    """Let go of the score records with first <= row < last."""
    gone = connection.execute(
        "DELETE FROM scores WHERE id >= ? AND id < ? RETURNING entity, status", (first, last)
    ).fetchall()
    records = Counter(entity for entity, _ in gone)
    anomalies = Counter(entity for entity, status in gone if status == ANOMALY)
    connection.executemany(
        "UPDATE entities SET records = records - ?, anomalies = anomalies - ? WHERE id = ?",
        [(count, anomalies[entity], entity) for entity, count in records.items()],
    )


def drop_entities(connection: sqlite3.Connection, most: int) -> None:
    """Let go of the entities that are longest unseen, of those without records, down to `most`."""
    (idle,) = connection.execute("SELECT count(*) FROM entities WHERE records = 0").fetchone()
    if idle > most:
        connection.execute(
            "DELETE FROM entities WHERE id IN (SELECT id FROM entities WHERE records = 0"
            " ORDER BY last_seen, snapshot_time LIMIT ?)",
            (idle - most,),
        )


def set_snapshot(
    connection: sqlite3.Connection, entity: str, place: tuple[int, int] | None, time: int
) -> None:
    """Remember where an entity's newest snapshot is: partition and offset, or None for nowhere."""
    if place is not None:
        add_entities(connection, (entity,))
    partition, offset = place or (None, None)
    connection.execute(
        "UPDATE entities SET snapshot_partition = ?, snapshot_offset = ?, snapshot_time = ?"
        " WHERE key = ?",
        (partition, offset, time, entity_key(entity)),
    )


def drop_snapshots(connection: sqlite3.Connection, partition: int, below: int) -> None:
    """Forget where the snapshots below an offset of one partition are."""
    connection.execute(
        "UPDATE entities SET snapshot_partition = NULL, snapshot_offset = NULL"
        " WHERE snapshot_partition = ? AND snapshot_offset < ?",
        (partition, below),
    )
