"""The in-memory tables behind one detector's view: recent scores, and one row per entity."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

NEVER = -(2**63)
"""The event time of what has not been seen yet: it sorts before every real time (see SCHEMA)."""

# Entities are BLOBs: SQLite's text functions stop at a NUL, and an entity may hold one.
# Nearly all records are normal (status 1): what is asked for by status is the rest.
SCHEMA = """
CREATE TABLE entities (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE,
    folded BLOB NOT NULL,
    records INTEGER NOT NULL DEFAULT 0,
    anomalies INTEGER NOT NULL DEFAULT 0,
    first_seen INTEGER NOT NULL DEFAULT -9223372036854775808,
    last_seen INTEGER NOT NULL DEFAULT -9223372036854775808,
    last_id INTEGER NOT NULL DEFAULT -1,
    status INTEGER,
    grade REAL NOT NULL DEFAULT 0,
    body BLOB,
    snapshot_partition INTEGER,
    snapshot_offset INTEGER,
    snapshot_time INTEGER NOT NULL DEFAULT -9223372036854775808
);
CREATE INDEX entities_by_age ON entities (last_seen, snapshot_time) WHERE records = 0;
CREATE TABLE scores (
    id INTEGER PRIMARY KEY,
    entity INTEGER NOT NULL,
    time INTEGER NOT NULL,
    status INTEGER NOT NULL,
    body BLOB NOT NULL
);
CREATE VIEW known AS
    SELECT key, folded, records, anomalies, first_seen, last_seen, status, grade, body,
        snapshot_partition, snapshot_offset
    FROM entities WHERE last_id >= 0 OR snapshot_offset IS NOT NULL;
CREATE INDEX scores_by_time ON scores (time);
CREATE INDEX scores_by_entity ON scores (entity, time);
CREATE INDEX rare_scores_by_status ON scores (status, time) WHERE status <> 1;
CREATE INDEX rare_scores_by_entity ON scores (entity, status, time) WHERE status <> 1;
"""


class Database:
    """One private in-memory SQLite database that any thread may use, one at a time."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(
            ":memory:", check_same_thread=False, isolation_level=None
        )
        self._connection.executescript(SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Hold the database for several statements: all of them count, or none."""
        with self._lock:
            self._connection.execute("BEGIN")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Any]:
        """Every row of one query."""
        with self._lock:
            return self._connection.execute(sql, parameters).fetchall()

    def close(self) -> None:
        """Free the tables; the database answers nothing afterwards."""
        with self._lock:
            self._connection.close()
