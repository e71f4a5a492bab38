"""The tables of the log.

A record's id is `partition uid << 40 | offset`: the table is one clustered b-tree in which every
partition is a contiguous, ordered range, so reading by offset is a range scan and no second index
exists.
"""

from __future__ import annotations

import sqlite3

from stream.errors import TransportError

VERSION = 1
APPLICATION_ID = 0x63757473
OFFSET_BITS = 40

TABLES = (
    """CREATE TABLE topics (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        retention_ms INTEGER,
        retention_bytes INTEGER,
        compact INTEGER NOT NULL
    )""",
    # `bytes` counts keys, values and headers of the kept records.
    """CREATE TABLE partitions (
        uid INTEGER PRIMARY KEY,
        topic_id INTEGER NOT NULL REFERENCES topics (id),
        partition INTEGER NOT NULL,
        start INTEGER NOT NULL DEFAULT 0,
        stop INTEGER NOT NULL DEFAULT 0,
        bytes INTEGER NOT NULL DEFAULT 0,
        UNIQUE (topic_id, partition)
    )""",
    """CREATE TABLE records (
        id INTEGER PRIMARY KEY,
        timestamp INTEGER NOT NULL,
        key BLOB,
        value BLOB,
        headers BLOB
    )""",
    """CREATE TABLE consumer_groups (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        generation INTEGER NOT NULL DEFAULT 0
    )""",
    """CREATE TABLE members (
        group_id INTEGER NOT NULL REFERENCES consumer_groups (id),
        name TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        deadline INTEGER NOT NULL,
        topics TEXT NOT NULL,
        PRIMARY KEY (group_id, name)
    ) WITHOUT ROWID""",
    # While `target` differs from `owner`, the owner still has to hand the partition over.
    """CREATE TABLE ownership (
        group_id INTEGER NOT NULL REFERENCES consumer_groups (id),
        uid INTEGER NOT NULL REFERENCES partitions (uid),
        owner TEXT,
        generation INTEGER NOT NULL,
        target TEXT NOT NULL,
        PRIMARY KEY (group_id, uid)
    ) WITHOUT ROWID""",
    """CREATE TABLE positions (
        group_id INTEGER NOT NULL REFERENCES consumer_groups (id),
        uid INTEGER NOT NULL REFERENCES partitions (uid),
        offset INTEGER NOT NULL,
        metadata TEXT NOT NULL,
        needed_from INTEGER,
        PRIMARY KEY (group_id, uid)
    ) WITHOUT ROWID""",
)


def exists(db: sqlite3.Connection) -> bool:
    """Whether the tables are there, as seen by the caller's transaction.

    Raises TransportError for a file that is not ours to use.
    """
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    owner = int(db.execute("PRAGMA application_id").fetchone()[0])
    if (version, owner) == (VERSION, APPLICATION_ID):
        return True
    tables = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if version or owner or tables:
        raise TransportError(
            f"The database file must be empty or a cutstream log of schema version {VERSION}, got "
            f"schema version {version} of application {owner:#x} with {tables} tables and indexes."
        )
    return False


def create(db: sqlite3.Connection) -> None:
    """Create the tables in an empty file, inside the caller's transaction."""
    if exists(db):
        return  # another process was faster
    for statement in TABLES:
        db.execute(statement)
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {VERSION}")
