from __future__ import annotations

import pytest

from stream.query import DetectorView, StateSummary
from stream.records import Outgoing, TopicPartition
from stream.runtime.chunks import split
from stream.runtime.snapshots import Snapshot, encode_snapshot
from stream.transports import Transport
from tests.stream.query.records import INPUT, SNAPSHOTS, START, snapshot


def state_of(view: DetectorView, entity: str) -> StateSummary | None:
    view.refresh()
    known = view.entities.get(entity)
    assert known is not None
    assert known.snapshot is not None
    return view.states.read(known.snapshot)


def test_the_newest_snapshot_is_summed_up(transport: Transport, view: DetectorView) -> None:
    transport.append([snapshot(b"a", b"5", valid_at=9, partition=1)])
    view.refresh()
    transport.append([snapshot(b"a", b"123", valid_at=40, partition=1, time=START + 1_000_000)])
    assert state_of(view, "a") == StateSummary(
        partition=1,
        valid_at=40,
        written=START + 1_000_000,
        size=3,
        details={"version": 1, "observations": 123},
        problem=None,
    )


def test_each_entity_has_its_own(transport: Transport, view: DetectorView) -> None:
    transport.append([snapshot(b"a", b"1"), snapshot(b"b", b"2"), snapshot(b"a", b"3")])
    view.refresh()
    seen = {name: state_of(view, name) for name in "ab"}
    assert {name: state.details["observations"] for name, state in seen.items()} == {
        "a": 3,
        "b": 2,
    }


def broken(outgoing: Outgoing) -> Outgoing:
    assert outgoing.value is not None
    return outgoing._replace(value=outgoing.value + b"0")


@pytest.mark.parametrize(
    ("outgoing", "problem"),
    [
        (broken(snapshot(b"a", b"12")), "must have the checksum"),
        (snapshot(b"a", b"not a number"), "The state must be a number"),
        (Outgoing(SNAPSHOTS, b"a", b"12", (), START // 1000, 0), "must have the checksum"),
    ],
)
def test_a_snapshot_that_cannot_be_used_says_why(
    transport: Transport, view: DetectorView, outgoing: Outgoing, problem: str
) -> None:
    transport.append([outgoing])
    state = state_of(view, "a")
    assert state is not None
    assert state.details is None
    assert problem in (state.problem or "")


def test_a_deleted_state_is_gone(transport: Transport, view: DetectorView) -> None:
    transport.append([snapshot(b"a", b"1")])
    view.refresh()
    transport.append([Outgoing(SNAPSHOTS, b"a", None, (), START // 1000, 0)])
    view.refresh()
    assert view.entities.get("a") is None


def test_a_deletion_of_what_was_never_seen_is_nothing(
    transport: Transport, view: DetectorView
) -> None:
    transport.append([Outgoing(SNAPSHOTS, b"a", None, (), START // 1000, 0)])
    view.refresh()
    assert view.entities.count() == 0


def test_bytes_that_are_no_text_are_named_as_in_score_records(
    transport: Transport, view: DetectorView
) -> None:
    transport.append([snapshot(b"\xff", b"1")])
    assert state_of(view, "\\xff") is not None


def test_a_snapshot_that_retention_took_is_none(transport: Transport, view: DetectorView) -> None:
    transport.append([snapshot(b"a", b"1")])
    view.refresh()
    known = view.entities.get("a")
    assert known is not None
    assert known.snapshot is not None
    assert view.states.read(known.snapshot._replace(offset=7)) is None


def test_a_snapshot_in_chunks_is_put_together(transport: Transport, view: DetectorView) -> None:
    transport.append([snapshot(b"a", b"7")])
    view.refresh()
    state = b"9" * 100
    transport.append(split(snapshot(b"a", state, valid_at=40), b"a", 40))
    summed = state_of(view, "a")
    assert summed is not None
    assert (summed.valid_at, summed.size, summed.problem) == (40, 100, None)
    assert view.entities.count() == 1


def test_a_snapshot_of_which_a_chunk_is_missing_says_so(
    transport: Transport, view: DetectorView
) -> None:
    transport.append(split(snapshot(b"a", b"9" * 100), b"a", 40)[1:])
    summed = state_of(view, "a")
    assert summed is not None
    assert "must have all of its" in (summed.problem or "")


def test_an_entity_that_begins_with_a_zero_byte_is_known_as_it_is(
    transport: Transport, view: DetectorView
) -> None:
    transport.append([snapshot(b"\x00\x01abcd", b"7")])
    summed = state_of(view, "\x00\x01abcd")
    assert summed is not None
    assert summed.problem is None


def test_a_forgotten_entity_has_no_snapshot(transport: Transport, view: DetectorView) -> None:
    forgotten = encode_snapshot(
        Snapshot(b"a", None, 9, 0), SNAPSHOTS, TopicPartition(INPUT, 0), START // 1000
    )
    transport.append([snapshot(b"a", b"7"), forgotten])
    view.refresh()
    known = view.entities.get("a")
    assert known is None or known.snapshot is None
