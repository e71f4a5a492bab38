"""Deleting by age, by size and by compaction."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import InvalidParameter
from stream.records import Committed, Outgoing, Record, TopicPartition
from stream.transports import TopicSpec
from stream.transports.sqlite import SqliteTransport, retention
from tests.stream.transports.harness import consume
from tests.stream.transports.sqlite.conftest import Clock

T = TopicPartition("t", 0)
DAY = 24 * 3600 * 1000
AFTER_DEATH = 10**13
"""Every member has been silent for too long by then, so that nothing is spared for its sake."""


def append(transport: SqliteTransport, *timestamps: int, size: int = 1) -> None:
    transport.append([Outgoing("t", b"", b"v" * size, timestamp=ts) for ts in timestamps])


def offsets(transport: SqliteTransport) -> list[int]:
    return [record.offset for record in transport.read(T, 0)]


def test_records_older_than_the_limit_go(transport: SqliteTransport) -> None:
    transport.ensure_topic(TopicSpec("t", retention_ms=100))
    append(transport, 1000, 1010, 1020)
    assert transport.apply_retention(1100) == 0
    assert transport.apply_retention(1110) == 1
    assert offsets(transport) == [1, 2]
    assert transport.topics()["t"].bounds == ((1, 3),)


def test_an_old_record_behind_a_young_one_stays_in_the_log(transport: SqliteTransport) -> None:
    transport.ensure_topic(TopicSpec("t", retention_ms=100))
    append(transport, 1, 2000, 1)
    assert transport.apply_retention(2050) == 1
    assert offsets(transport) == [1, 2]


def test_what_a_live_group_still_needs_stays(transport: SqliteTransport, clock: Clock) -> None:
    now_ms = int(clock.now * 1000)
    transport.ensure_topic(TopicSpec("t", retention_ms=100))
    append(transport, *range(1, 11))
    session = transport.session("g", ["t"], member="m")
    assert transport.apply_retention(now_ms) == 0
    assert len(consume(session, 10)) == 10
    session.begin()
    session.commit({T: Committed(8, "", needed_from=3)})
    assert transport.apply_retention(now_ms) == 3
    assert transport.committed("g")[T] == Committed(8, "", 3)
    session.begin()
    session.commit({T: Committed(9)})
    assert transport.apply_retention(now_ms) == 6
    session.close()
    assert transport.apply_retention(now_ms) == 1
    assert offsets(transport) == []


def test_offsets_are_not_used_again(transport: SqliteTransport) -> None:
    transport.ensure_topic(TopicSpec("t", retention_ms=100))
    append(transport, 1, 2, 3)
    assert transport.apply_retention(1000) == 3
    assert transport.topics()["t"].bounds == ((3, 3),)
    append(transport, 5000)
    assert offsets(transport) == [3]


def test_the_oldest_bytes_beyond_the_limit_go(transport: SqliteTransport) -> None:
    transport.ensure_topic(TopicSpec("t", 2, retention_bytes=250))
    transport.append([Outgoing("t", b"", b"x" * 100, partition=p) for p in (0, 0, 0, 1, 1)])
    assert transport.apply_retention(0) == 1
    assert transport.topics()["t"].bounds == ((1, 3), (0, 2))


def test_size_counts_keys_and_headers_and_forgets_what_went(transport: SqliteTransport) -> None:
    transport.ensure_topic(TopicSpec("t", retention_bytes=10**6))
    transport.append(
        [Outgoing("t", b"k" * 10, b"v" * 20, (("h", b"x" * 30),)), Outgoing("t", b"", None)]
    )
    [(size,)] = transport._reader.query("SELECT bytes FROM partitions")
    assert 60 < size < 70
    transport.ensure_topic(TopicSpec("t", retention_bytes=0))
    transport.apply_retention(0)
    assert transport._reader.query("SELECT bytes FROM partitions") == [(0,)]


def test_many_records_go_in_several_transactions(
    transport: SqliteTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "CHUNK", 7)
    transport.ensure_topic(TopicSpec("t", retention_ms=0, retention_bytes=0))
    append(transport, *range(50))
    assert transport.apply_retention(10**6) == 50
    append(transport, *range(50), size=10)
    assert transport.apply_retention(0) == 50
    assert offsets(transport) == []


def test_large_records_go_a_few_at_a_time(
    transport: SqliteTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "CHUNK_BYTES", 250)
    deleted: list[int] = []
    delete = retention._delete

    def noted(connection, uid, ids):  # type: ignore[no-untyped-def]  # the test's own spy
        deleted.append(len(ids))
        return delete(connection, uid, ids)

    monkeypatch.setattr(retention, "_delete", noted)
    transport.ensure_topic(TopicSpec("old", retention_ms=0))
    transport.ensure_topic(TopicSpec("compact", compact=True))
    transport.append([Outgoing("old", None, bytes(100), timestamp=0)] * 7)
    transport.append([Outgoing("compact", b"key", bytes(100), timestamp=0)] * 9)
    assert transport.apply_retention(10**6) == 14
    assert deleted == [3, 3, 1, 3, 3, 1]


def test_a_reader_continues_at_the_first_kept_record(transport: SqliteTransport) -> None:
    transport.ensure_topic(TopicSpec("t", retention_ms=100))
    append(transport, *[0] * 10, *[AFTER_DEATH] * 10)
    session = transport.session("g", ["t"], member="m")
    session.poll(1, 0.0)
    assert [r.offset for r in consume(session, 4)] == [0, 1, 2, 3]
    transport.apply_retention(AFTER_DEATH)
    assert [r.offset for r in consume(session, 3)] == [10, 11, 12]
    session.close()


def test_a_reader_of_an_emptied_partition_waits_at_its_end(transport: SqliteTransport) -> None:
    transport.ensure_topic(TopicSpec("t", retention_ms=100))
    append(transport, 0, 0, 0)
    session = transport.session("g", ["t"], member="m")
    session.poll(1, 0.0)
    transport.apply_retention(AFTER_DEATH)
    assert session.poll(10, 0.0).records == []
    append(transport, AFTER_DEATH)
    assert [r.offset for r in consume(session, 1)] == [3]
    session.close()


def test_a_new_group_starts_at_the_first_kept_record(transport: SqliteTransport) -> None:
    transport.ensure_topic(TopicSpec("t", retention_ms=100))
    append(transport, 0, 0, 1000)
    transport.apply_retention(1000)
    session = transport.session("g", ["t"], member="m")
    session.poll(1, 0.0)
    assert [r.offset for r in consume(session, 1)] == [2]
    session.close()


def test_compaction_keeps_exactly_the_newest_two(transport: SqliteTransport) -> None:
    compact(transport, b"a1", b"b1", b"a2", b"a3", b"b2", b"a4")
    assert transport.apply_retention(0) == 2
    assert values(transport) == [b"b1", b"a3", b"b2", b"a4"]
    assert transport.topics()["t"].bounds == ((1, 6),)


def test_a_null_removes_what_came_before(transport: SqliteTransport) -> None:
    compact(transport, b"a1", b"a2", b"a", b"b1")
    assert transport.apply_retention(0) == 2
    assert values(transport) == [None, b"b1"]


def test_a_null_as_the_second_newest_hides_older_records(transport: SqliteTransport) -> None:
    compact(transport, b"a1", b"a", b"a2")
    assert transport.apply_retention(0) == 1
    assert values(transport) == [None, b"a2"]


def test_a_null_itself_goes_after_a_day(transport: SqliteTransport) -> None:
    compact(transport, b"a1", b"a", b"b1")
    assert transport.apply_retention(DAY) == 1
    assert transport.apply_retention(DAY + 1) == 1
    assert values(transport) == [b"b1"]


def test_a_key_that_comes_back_after_a_null_is_kept(transport: SqliteTransport) -> None:
    compact(transport, b"a1", b"a", b"a2", b"a3")
    transport.apply_retention(2 * DAY)
    assert values(transport) == [b"a2", b"a3"]


def test_a_compacted_topic_needs_keys(transport: SqliteTransport) -> None:
    transport.ensure_topic(TopicSpec("t", compact=True))
    with pytest.raises(InvalidParameter, match=r"'key' .* compacted topic 't' must be bytes"):
        transport.append([Outgoing("t", None, b"x")])


@given(st.lists(st.tuples(st.sampled_from([b"a", b"b", b"c"]), st.booleans()), max_size=40))
def test_compaction_agrees_with_a_dictionary(
    tmp_path_factory: pytest.TempPathFactory, sent: list[tuple[bytes, bool]]
) -> None:
    transport = SqliteTransport(f"sqlite:///{tmp_path_factory.mktemp('log')}/log.db")
    transport.ensure_topic(TopicSpec("t", compact=True))
    transport.append([Outgoing("t", key, None if gone else b"v", (), 0) for key, gone in sent])
    before = list(transport.read(T, 0))
    transport.apply_retention(0)
    assert list(transport.read(T, 0)) == naively_compacted(before)
    assert transport.apply_retention(0) == 0
    transport.close()


def naively_compacted(records: list[Record]) -> list[Record]:
    """Newest two of every key, none of them older than a null."""
    newest: dict[bytes | None, list[Record]] = {}
    for record in records:
        kept = [] if record.value is None else newest.get(record.key, [])
        newest[record.key] = [*kept, record][-2:]
    return sorted(record for kept in newest.values() for record in kept)


def compact(transport: SqliteTransport, *named: bytes) -> None:
    """Append to a compacted topic; the first letter is the key, a single letter a null."""
    transport.ensure_topic(TopicSpec("t", compact=True))
    transport.append(
        [Outgoing("t", name[:1], name if len(name) > 1 else None, (), 0) for name in named]
    )


def values(transport: SqliteTransport) -> list[bytes | None]:
    return [record.value for record in transport.read(T, 0)]
