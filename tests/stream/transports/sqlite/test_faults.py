"""A locked, full or foreign file: retried, then refused, and nothing is lost or half-written."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Timer

import pytest

from stream.errors import TransportError, TransportUnavailable
from stream.records import Committed, Outgoing, TopicPartition
from stream.transports import TopicSpec
from stream.transports.sqlite import SqliteTransport
from stream.transports.sqlite.session import SqliteSession
from tests.stream.transports.sqlite.conftest import Clock

IN, OUT = TopicPartition("in", 0), TopicPartition("out", 0)


@pytest.fixture
def session(transport: SqliteTransport) -> Iterator[SqliteSession]:
    """A member with a transaction of 4 MB at hand."""
    for name in ("in", "out"):
        transport.ensure_topic(TopicSpec(name))
    opened = transport.session("g", ["in"], member="m")
    opened.poll(1, 0.0)
    opened.begin()
    for i in range(4):
        opened.send(Outgoing("out", None, bytes([i]) * 1_000_000))
    yield opened
    opened.close()


@pytest.fixture
def locked(path: Path, session: SqliteSession) -> Iterator[sqlite3.Connection]:
    """Somebody else writes, and does not finish."""
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


def test_a_commit_on_a_locked_log_fails_whole_and_succeeds_later(
    transport: SqliteTransport, session: SqliteSession, locked: sqlite3.Connection
) -> None:
    with pytest.raises(TransportUnavailable, match=r"within 0.3 s, got database is locked"):
        session.commit({IN: Committed(7, "m")})
    assert_nothing_is_visible(transport)
    locked.execute("ROLLBACK")
    session.commit({IN: Committed(7, "m")})
    assert_everything_is_visible(transport)


def test_a_commit_waits_for_a_short_lock(path: Path, locked: sqlite3.Connection) -> None:
    transport = SqliteTransport(f"sqlite:///{path}?timeout=30")
    session = transport.session
    timer = Timer(0.1, lambda: locked.execute("ROLLBACK"))
    timer.start()
    opened = session("other", ["in"], member="m")
    timer.join()
    opened.poll(1, 0.0)
    assert opened.assignment() == {IN}
    opened.close()
    transport.close()


def test_reading_goes_on_while_the_log_is_locked(
    transport: SqliteTransport, session: SqliteSession, locked: sqlite3.Connection
) -> None:
    assert list(transport.read(OUT, 0)) == []
    assert transport.committed("g") == {}
    assert session.poll(10, 0.01).records == []


def test_an_append_on_a_locked_log_writes_nothing(
    transport: SqliteTransport, locked: sqlite3.Connection
) -> None:
    with pytest.raises(TransportUnavailable):
        transport.append([Outgoing("out", None, b"x")])
    locked.execute("ROLLBACK")
    assert_nothing_is_visible(transport)


def test_a_renewal_that_failed_is_tried_again(
    session: SqliteSession, locked: sqlite3.Connection, clock: Clock, transport: SqliteTransport
) -> None:
    [(before,)] = transport._reader.query("SELECT deadline FROM members")
    clock.now += 5
    for renew in (session.heartbeat, lambda: session.poll(1, 0.0), lambda: session.commit({})):
        with pytest.raises(TransportUnavailable):
            renew()
    locked.execute("ROLLBACK")
    session.heartbeat()
    assert transport._reader.query("SELECT deadline FROM members") == [(before + 5000,)]


def test_a_heartbeat_after_closing_is_harmless(session: SqliteSession, clock: Clock) -> None:
    session.close()
    clock.now += 5
    session.heartbeat()


def test_closing_on_a_locked_log_does_not_fail(
    session: SqliteSession, locked: sqlite3.Connection
) -> None:
    session.close()


def test_a_commit_on_a_full_disk_fails_whole_and_succeeds_later(
    transport: SqliteTransport, session: SqliteSession
) -> None:
    fill_disk(session)
    with pytest.raises(TransportUnavailable, match=r"got database or disk is full"):
        session.commit({IN: Committed(7, "m")})
    assert_nothing_is_visible(transport)
    free_disk(session)
    session.commit({IN: Committed(7, "m")})
    assert_everything_is_visible(transport)


def test_a_commit_is_retried_until_there_is_room(
    path: Path, session: SqliteSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    transport = SqliteTransport(f"sqlite:///{path}?timeout=30")
    patient = transport.session("patient", ["in"], member="m")
    patient.poll(1, 0.0)
    fill_disk(patient)
    attempts = free_disk_at_attempt(patient, 3, monkeypatch)
    patient.begin()
    patient.send(Outgoing("out", None, bytes(1_000_000)))
    patient.commit({IN: Committed(1)})
    assert len(attempts) == 3
    assert len(list(transport.read(OUT, 0))) == 1
    patient.close()
    transport.close()


def test_after_a_full_disk_the_transaction_may_be_aborted(
    transport: SqliteTransport, session: SqliteSession
) -> None:
    fill_disk(session)
    with pytest.raises(TransportUnavailable):
        session.commit({})
    session.abort()
    session.begin()
    session.commit({IN: Committed(3)})
    assert list(transport.read(OUT, 0)) == []
    assert transport.committed("g") == {IN: Committed(3)}


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.write_bytes(b"no database at all, " * 100)
    with pytest.raises(TransportError, match="not a database") as caught:
        SqliteTransport(f"sqlite:///{path}")
    assert not isinstance(caught.value, TransportUnavailable)
    assert path.read_bytes() == b"no database at all, " * 100


@pytest.mark.parametrize(
    "statement",
    ["CREATE TABLE somebody_elses (x)", "PRAGMA user_version = 1", "PRAGMA application_id = 7"],
)
def test_a_foreign_database_is_refused(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute(statement)
    before = path.read_bytes()
    with pytest.raises(TransportError, match="must be empty or a cutstream log of schema version"):
        SqliteTransport(f"sqlite:///{path}")
    assert path.read_bytes() == before


def test_a_closed_transport_says_so(transport: SqliteTransport) -> None:
    transport.close()
    with pytest.raises(TransportError, match="closed"):
        transport.topics()


def fill_disk(session: SqliteSession) -> None:
    """Leave no room for another page."""
    [(pages,)] = session._connection.query("PRAGMA page_count")
    session._connection.query(f"PRAGMA max_page_count = {pages}")


def free_disk(session: SqliteSession) -> None:
    session._connection.query("PRAGMA max_page_count = 1000000")


def free_disk_at_attempt(
    session: SqliteSession, number: int, monkeypatch: pytest.MonkeyPatch
) -> list[int]:
    """Make room just before the n-th attempt; the list grows by one with each."""
    connection = session._connection
    attempt: Callable[..., object] = connection._attempt
    attempts: list[int] = []

    def counted(work: Callable[[sqlite3.Connection], object]) -> object:
        attempts.append(len(attempts) + 1)
        if len(attempts) == number:
            connection._db.execute("PRAGMA max_page_count = 1000000")
        return attempt(work)

    monkeypatch.setattr(connection, "_attempt", counted)
    return attempts


def assert_nothing_is_visible(transport: SqliteTransport) -> None:
    assert list(transport.read(OUT, 0)) == []
    assert transport.topics()["out"].bounds == ((0, 0),)
    assert transport.committed("g") == {}


def assert_everything_is_visible(transport: SqliteTransport) -> None:
    assert [r.value for r in transport.read(OUT, 0)] == [bytes([i]) * 1_000_000 for i in range(4)]
    assert transport.committed("g") == {IN: Committed(7, "m")}
