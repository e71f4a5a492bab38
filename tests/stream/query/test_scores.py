from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import InvalidParameter
from stream.codec.score import STATUSES
from stream.query import ScoreIndex, ScoreQuery
from stream.query.database import Database
from stream.records import Record
from tests.stream.query.records import SECOND, START, read_back, score

ENTITIES = ("a", "A", "a/b", "", "\0", "a\0b", "é", "e\u0301", "💧", "' OR 1=1 --", "%", "\\x00")

scored = st.builds(
    lambda entity, seconds, status, partition: score(
        entity, START + seconds * SECOND, status, partition=partition
    ),
    st.sampled_from(ENTITIES),
    st.integers(-5, 5),
    st.sampled_from(STATUSES),
    st.integers(0, 2),
)
batches = st.lists(st.lists(scored, max_size=6), max_size=6)
queries = st.builds(
    ScoreQuery,
    st.none() | st.sampled_from(ENTITIES),
    st.none() | st.integers(-5, 5).map(lambda seconds: START + seconds * SECOND),
    st.none() | st.integers(-5, 5).map(lambda seconds: START + seconds * SECOND),
    st.lists(st.sampled_from(STATUSES), max_size=2, unique=True).map(tuple),
)


class Filler:
    """An index, and beside it all records that went in."""

    def __init__(self) -> None:
        self.index = ScoreIndex(Database())
        self.records: list[Record] = []

    def add(self, batch: list) -> None:
        for outgoing in batch:
            offset = sum(r.partition == outgoing.partition for r in self.records)
            body = msgspec.json.decode(outgoing.value)
            body["source"] |= {"partition": outgoing.partition, "offset": offset}
            unique = outgoing._replace(value=msgspec.json.encode(body))
            self.records.append(read_back(unique, offset))
            self.index.add(outgoing.partition, self.records[-1:])

    def expected(self, query: ScoreQuery) -> list[bytes]:
        """What the index must find, the slow and obvious way."""

        def time(record: Record) -> int:
            text = msgspec.json.decode(record.value)["time"]
            return START + round(_seconds(text) * SECOND)

        def wanted(record: Record) -> bool:
            body = msgspec.json.decode(record.value)
            return (
                query.entity in (None, body["entity"])
                and (query.start is None or time(record) >= query.start)
                and (query.end is None or time(record) < query.end)
                and (not query.status or body["status"] in query.status)
            )

        found = [record for record in self.records if wanted(record)]
        found.sort(key=lambda r: (time(r), r.partition, r.offset), reverse=True)
        return [record.value for record in found]


def _seconds(text: str) -> float:
    from datetime import datetime

    start = datetime.fromisoformat("2020-01-01T00:00:00Z")
    return (datetime.fromisoformat(text) - start).total_seconds()


def pages(index: ScoreIndex, query: ScoreQuery, limit: int) -> list[bytes]:
    page = index.find(query, limit)
    found = list(page.records)
    while page.next_cursor is not None:
        assert len(page.records) == limit
        page = index.find(query, limit, page.next_cursor)
        found += page.records
    return found


@given(batches, queries, st.integers(1, 7))
def test_finds_what_a_full_scan_finds_in_pages_of_any_size(
    given_batches: list, query: ScoreQuery, limit: int
) -> None:
    filler = Filler()
    for batch in given_batches:
        filler.add(batch)
    assert pages(filler.index, query, limit) == filler.expected(query)


@given(batches, batches, queries, st.integers(1, 4))
def test_a_cursor_visits_what_was_there_once_whatever_arrives_meanwhile(
    before: list, meanwhile: list, query: ScoreQuery, limit: int
) -> None:
    filler = Filler()
    for batch in before:
        filler.add(batch)
    there = filler.expected(query)
    page = filler.index.find(query, limit)
    visited = list(page.records)
    while page.next_cursor is not None:
        if meanwhile:
            filler.add(meanwhile.pop())
        page = filler.index.find(query, limit, page.next_cursor)
        visited += page.records
    assert len(visited) == len(set(visited))
    assert [record for record in visited if record in set(there)] == there


@given(batches)
def test_counts_statuses(given_batches: list) -> None:
    filler = Filler()
    for batch in given_batches:
        filler.add(batch)
    counts = filler.index.status_counts()
    assert tuple(counts) == STATUSES
    for status, count in counts.items():
        assert count == len(filler.expected(ScoreQuery(status=(status,))))


def test_newest_first() -> None:
    filler = Filler()
    filler.add([score("a", START + second * SECOND) for second in (3, 1, 2)])
    found = [msgspec.json.decode(body)["time"] for body in pages(filler.index, ScoreQuery(), 2)]
    assert all(later > earlier for later, earlier in pairwise(found))


def test_microseconds_count() -> None:
    filler = Filler()
    filler.add([score("a", START + micro) for micro in range(3)])
    page = filler.index.find(ScoreQuery(start=START + 1, end=START + 2))
    assert [msgspec.json.decode(body)["time"][-4:] for body in page.records] == ["001Z"]


@given(st.text(max_size=60))
def test_a_cursor_that_was_never_given_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match="'cursor' of the query must be the next_cursor"):
        ScoreIndex(Database()).find(ScoreQuery(), 1, text)


@given(st.binary(max_size=30), st.integers(0, 3))
def test_a_forged_cursor_is_refused_or_harmless(payload: bytes, keep: int) -> None:
    import base64

    filler = Filler()
    filler.add([score("a"), score("b")])
    cursor = filler.index.find(ScoreQuery(), 1).next_cursor
    assert cursor is not None
    packed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    forged = base64.urlsafe_b64encode(packed[: 4 + keep] + payload).rstrip(b"=").decode()
    try:
        page = filler.index.find(ScoreQuery(), 1, forged)
    except InvalidParameter:
        return
    assert len(page.records) <= 1


@pytest.mark.parametrize(
    "other",
    [
        ScoreQuery(entity="b"),
        ScoreQuery(status=("anomaly",)),
        ScoreQuery(start=START),
        ScoreQuery(end=START),
    ],
)
def test_the_cursor_of_another_query_is_refused(other: ScoreQuery) -> None:
    filler = Filler()
    filler.add([score("a"), score("a")])
    cursor = filler.index.find(ScoreQuery(entity="a"), 1).next_cursor
    with pytest.raises(InvalidParameter, match="very same query"):
        filler.index.find(other, 1, cursor)


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"{",
        b"[]",
        b'{"entity": "a"}',
        b'{"entity": 1, "status": "normal"}',
        b'{"entity": "a", "status": "odd"}',
        b'{"entity": "a", "status": "normal", "note": "\xff"}',
        b'{"entity": "a", "status": "normal", "note": ' + b"[" * 100_000 + b"}",
    ],
)
def test_what_is_no_score_record_is_counted_and_left_out(value: bytes | None) -> None:
    filler = Filler()
    filler.index.add(0, [Record("pumps.scores", 0, 0, 1, b"a", value, ())])
    assert filler.index.unreadable == 1
    assert filler.index.find(ScoreQuery()).records == []


def test_a_record_without_a_usable_time_has_that_of_the_log() -> None:
    filler = Filler()
    value = b'{"entity": "a", "status": "normal", "time": "soon"}'
    filler.index.add(0, [Record("pumps.scores", 0, 0, START // 1000, b"a", value, ())])
    assert filler.index.find(ScoreQuery(start=START, end=START + 1)).records == [value]
