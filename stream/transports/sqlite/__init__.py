"""A topic log in one SQLite file: the embedded default.

    transport    the protocol's methods; opens connections
    session      one member: poll, transaction, positions
    membership   a member's life in its group, seen from its session
    groups       members, generations and ownership, as SQL inside a transaction
    assignment   which member gets which partition (pure)
    log          appending and reading records
    catalogue    topics and their partitions
    retention    deleting by age, by size, by compaction
    connection   one connection: pragmas, transactions, retries, errors
    address      the URL

Every write is one `BEGIN IMMEDIATE` transaction in WAL mode, so readers see committed records only
and a killed process leaves all of its transaction or nothing.
"""

from __future__ import annotations

from stream.transports.sqlite.transport import SqliteTransport

__all__ = ["SqliteTransport"]
