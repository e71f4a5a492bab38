"""The entities of one detector: counted, filtered, sorted, page by page."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, get_args

import msgspec

from models.detector.decisions import STATUS_NAMES
from stream.query.cursors import StoredInteger, decode_cursor, encode_cursor, fingerprint
from stream.query.database import NEVER, Database
from stream.query.intake import entity_key, folded

SortKey = Literal["entity", "last_seen", "first_seen", "records", "anomalies", "grade"]
SORT_KEYS: tuple[SortKey, ...] = get_args(SortKey)


class SnapshotPlace(NamedTuple):
    """Where in the snapshot topic an entity's newest snapshot is."""

    partition: int
    offset: int


class Entity(NamedTuple):
    """One entity, as far as the index knows it."""

    entity: str
    records: int
    """Of its score records, how many are in the index."""
    anomalies: int
    """Of those, how many are anomalies."""
    first_seen: int | None
    """Earliest event time that the index has seen, microseconds since the epoch."""
    last_seen: int | None
    """Latest event time."""
    status: str | None
    """How the record of the latest event time was judged."""
    grade: float
    """And its grade, 0..1."""
    last: bytes | None
    """The score record of the latest event time, as JSON."""
    snapshot: SnapshotPlace | None


class EntityQuery(NamedTuple):
    """Which entities are asked for, and in which order."""

    search: str = ""
    """Part of the entity's name, blind to case."""
    sort: SortKey = "last_seen"
    descending: bool = True


class EntityPage(NamedTuple):
    """One page of entities."""

    entities: list[Entity]
    next_cursor: str | None


class _Position(msgspec.Struct, array_like=True):
    """The last entity of a page."""

    value: StoredInteger | float
    """What it was sorted by; 0 when that was the key."""
    key: bytes


class EntityIndex:
    """Every entity with a recent score or a snapshot."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self) -> int:
        """How many entities are known."""
        ((count,),) = self._database.rows("SELECT count(*) FROM known")
        return int(count)

    def get(self, entity: str) -> Entity | None:
        """One entity by its exact name, or None."""
        rows = self._database.rows("SELECT * FROM known WHERE key = ?", [entity_key(entity)])
        return _entity(rows[0]) if rows else None

    def find(self, query: EntityQuery, limit: int = 100, cursor: str | None = None) -> EntityPage:
        """At most `limit` entities from `cursor` on, ties in the order of their names.

        Sorted by "entity", pages are stable whatever arrives meanwhile; in other orders an entity
        whose value changes between two pages may be seen twice or not at all. Raises
        InvalidParameter for the cursor of another query.
        """
        column = "0" if query.sort == "entity" else query.sort
        order, beyond = ("DESC", "<") if query.descending else ("ASC", ">")
        mark = fingerprint("entities", folded(query.search), query.sort, query.descending)
        condition, parameters = "instr(folded, ?) > 0", list[object]()
        parameters.append(folded(query.search))
        if cursor is not None:
            after = decode_cursor(cursor, mark, _Position)
            condition += f" AND ({column}, key) {beyond} (?, ?)"
            parameters += [after.value, after.key]
        rows = self._database.rows(
            # Only fixed text is put together; every value is bound.
            f"SELECT *, {column} AS sorted FROM known WHERE {condition}"  # noqa: S608 - see above
            f" ORDER BY sorted {order}, key {order} LIMIT ?",
            [*parameters, limit + 1],
        )
        last = rows[limit - 1] if len(rows) > limit else None
        following = encode_cursor(mark, _Position(last[-1], last[0])) if last else None
        return EntityPage([_entity(row) for row in rows[:limit]], following)


def _entity(row: tuple[Any, ...]) -> Entity:
    key, _folded, records, anomalies, first, last, status, grade, body = row[:9]
    partition, offset = row[9:11]
    return Entity(
        key.decode("utf-8", "surrogatepass"),
        records,
        anomalies,
        None if first == NEVER else first,
        None if last == NEVER else last,
        None if status is None else STATUS_NAMES[status],
        grade,
        body,
        None if offset is None else SnapshotPlace(partition, offset),
    )
