"""Recent score records of one detector, found by entity, event time and status."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from models.detector.decisions import NORMAL, STATUS_NAMES
from stream.query.cursors import StoredInteger, decode_cursor, encode_cursor, fingerprint
from stream.query.database import Database
from stream.query.extract import STATUS_CODES, Scored, extract
from stream.query.intake import NewScore, add_scores, drop_entities, drop_scores, entity_key
from stream.records import Record

PARTITION_BITS = 48  # a partition below 2**15 and an offset below 2**48 make one 63-bit row id


class _Position(msgspec.Struct, array_like=True):
    """The last record of a page."""

    time: StoredInteger
    row: StoredInteger


class ScoreQuery(NamedTuple):
    """Which scores are asked for; None and () mean no restriction."""

    entity: str | None = None
    start: int | None = None
    """Earliest event time, inclusive, microseconds since the epoch."""
    end: int | None = None
    """Latest event time, exclusive."""
    status: tuple[str, ...] = ()
    """Any of models.detector.decisions.STATUS_NAMES."""


class ScorePage(NamedTuple):
    """One page of score records, newest event time first, as JSON."""

    records: list[bytes]
    next_cursor: str | None
    """Where the next page starts; None on the last one."""


class ScoreIndex:
    """The newest records of a task's output topic.

    An entity outlives its records, up to `max_entities` of that kind. extract: what a record of the
    topic says, or None where it is none of the task's.
    """

    def __init__(
        self,
        database: Database,
        max_entities: int = 100_000,
        extract: Callable[[Record], Scored | None] = extract,
    ) -> None:
        self._database = database
        self._extract = extract
        self.max_entities = max_entities
        self.unreadable = 0
        """Records of the topic that were none of the task's."""

    def add(self, partition: int, records: Sequence[Record]) -> None:
        """Take in a partition's next records."""
        base = partition << PARTITION_BITS
        scores = [
            NewScore(base + record.offset, scored)
            for record in records
            if (scored := self._extract(record)) is not None
        ]
        self.unreadable += len(records) - len(scores)
        with self._database.transaction() as connection:
            add_scores(connection, scores)
            drop_entities(connection, self.max_entities)

    def drop(self, partition: int, below: int) -> None:
        """Let go of the records of a partition below an offset."""
        base = partition << PARTITION_BITS
        with self._database.transaction() as connection:
            drop_scores(connection, base, base + below)
            drop_entities(connection, self.max_entities)

    def find(self, query: ScoreQuery, limit: int = 100, cursor: str | None = None) -> ScorePage:
        """At most `limit` records, newest first, from `cursor` on.

        Following `next_cursor` visits every record that was there at the first page exactly once,
        whatever arrives meanwhile, unless it leaves the index. Raises InvalidParameter for the
        cursor of another query.
        """
        conditions, parameters = _conditions(query)
        mark = fingerprint("scores", *parameters, len(conditions), *query.status)
        if cursor is not None:
            after = decode_cursor(cursor, mark, _Position)
            conditions += ["time <= ?", "(time, id) < (?, ?)"]
            parameters += [after.time, after.time, after.row]
        rows = self._database.rows(
            # Only fixed text is put together; every value is bound.
            f"SELECT time, id, body FROM scores WHERE {' AND '.join(conditions)}"  # noqa: S608 - see above
            " ORDER BY time DESC, id DESC LIMIT ?",
            [*parameters, limit + 1],
        )
        last = encode_cursor(mark, _Position(*rows[limit - 1][:2])) if len(rows) > limit else None
        return ScorePage([body for _, _, body in rows[:limit]], last)

    def status_counts(self) -> dict[str, int]:
        """How many of the indexed records have each status."""
        with self._database.transaction() as connection:
            (total,) = connection.execute("SELECT count(*) FROM scores").fetchone()
            rare = "SELECT status, count(*) FROM scores WHERE status <> 1 GROUP BY status"
            counts = dict(connection.execute(rare).fetchall())
        counts[NORMAL] = total - sum(counts.values())
        return {name: counts.get(code, 0) for code, name in enumerate(STATUS_NAMES)}


def _conditions(query: ScoreQuery) -> tuple[list[str], list[object]]:
    conditions, parameters = ["TRUE"], list[object]()
    if query.entity is not None:
        conditions.append("entity = (SELECT id FROM entities WHERE key = ?)")
        parameters.append(entity_key(query.entity))
    if query.start is not None:
        conditions.append("time >= ?")
        parameters.append(query.start)
    if query.end is not None:
        conditions.append("time < ?")
        parameters.append(query.end)
    if query.status:
        codes = [STATUS_CODES[name] for name in query.status]
        conditions.append(f"status IN ({', '.join('?' * len(codes))})")
        parameters += codes
        if NORMAL not in codes:
            conditions.append("status <> 1")  # word for word as in the indexes, or they go unused
    return conditions, parameters
