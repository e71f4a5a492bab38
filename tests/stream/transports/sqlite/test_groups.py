"""What SQLite groups do beyond the contract, with a clock that moves when told."""

from __future__ import annotations

import pytest

from stream.errors import FencedError
from stream.records import Committed, Outgoing, TopicPartition
from stream.transports import TopicSpec
from stream.transports.sqlite import SqliteTransport
from stream.transports.sqlite.session import SqliteSession
from tests.stream.transports.sqlite.conftest import Clock

EVERYTHING = frozenset(TopicPartition("t", p) for p in range(4))


@pytest.fixture(autouse=True)
def _topic(transport: SqliteTransport) -> None:
    transport.ensure_topic(TopicSpec("t", 4))


def test_a_poll_hands_over_what_others_wait_for(transport: SqliteTransport) -> None:
    one, two = join(transport, "m1"), transport.session("g", ["t"], member="m2")
    assert two.poll(1, 0.0).gained == frozenset()
    commit(one, EVERYTHING)  # a rebalance alone fences nobody
    lost = one.poll(1, 0.0).lost
    assert len(lost) == 2
    assert two.poll(1, 0.0).gained == lost
    close(one, two)


def test_a_member_keeps_what_it_can(transport: SqliteTransport) -> None:
    members = [join(transport, "m1")]
    for name in ("m2", "m3", "m4"):
        members.append(transport.session("g", ["t"], member=name))
        before = [m.assignment() for m in members]
        settle(members)
        after = [m.assignment() for m in members]
        assert all(new <= old for old, new in zip(before[:-1], after[:-1], strict=True))
    close(*members)


def test_silence_costs_nothing_while_nobody_else_is_there(
    transport: SqliteTransport, clock: Clock
) -> None:
    one = join(transport, "m1")
    clock.now += 3600
    commit(one, EVERYTHING)
    assert one.poll(1, 0.0).lost == frozenset()
    close(one)


def test_an_expired_member_comes_back(transport: SqliteTransport, clock: Clock) -> None:
    one, two = join(transport, "m1"), transport.session("g", ["t"], member="m2")
    settle([one, two])
    kept = one.assignment()
    clock.now += 12.5
    assert two.poll(1, 0.0).gained == kept
    back = one.poll(1, 0.0)
    assert back.lost == kept
    settle([one, two])
    assert len(one.assignment()) == len(two.assignment()) == 2
    close(one, two)


def test_what_was_lost_and_came_back_is_reported_as_both(
    transport: SqliteTransport, clock: Clock
) -> None:
    one, two = join(transport, "m1"), transport.session("g", ["t"], member="m2")
    settle([one, two])
    kept = one.assignment()
    clock.now += 12.5
    two.poll(1, 0.0)
    commit(two, kept, offset=5)
    two.close()
    change = one.poll(1, 0.0)
    assert change.lost == kept
    assert change.gained == EVERYTHING
    with_position = [one.committed(tp) for tp in sorted(kept)]
    assert with_position == [Committed(5)] * 2
    close(one)


def test_a_commit_after_expiry_is_fenced_even_if_nobody_polled_since(
    transport: SqliteTransport, clock: Clock
) -> None:
    one, two = join(transport, "m1"), transport.session("g", ["t"], member="m2")
    clock.now += 12.5
    assert two.poll(1, 0.0).gained == EVERYTHING
    two.close()
    with pytest.raises(FencedError, match="'m1' of group 'g' was silent"):
        commit(one, EVERYTHING)
    one.abort()
    assert transport.committed("g") == {}
    close(one)


def test_a_partition_lost_and_regained_is_not_the_same(
    transport: SqliteTransport, clock: Clock
) -> None:
    one, two = join(transport, "m1"), transport.session("g", ["t"], member="m2")
    settle([one, two])
    stale = dict(one._membership.owned)
    clock.now += 12.5
    two.poll(1, 0.0)
    one.poll(1, 0.0)
    two.close()
    settle([one])
    one._membership.owned.update(stale)  # as if it had not taken note
    with pytest.raises(FencedError, match=r"does not own t/\d any more"):
        commit(one, frozenset(stale))
    one.abort()
    close(one)


def test_one_lost_partition_spoils_the_whole_commit(transport: SqliteTransport) -> None:
    transport.ensure_topic(TopicSpec("out"))
    one, two = join(transport, "m1"), transport.session("g", ["t"], member="m2")
    settle([one, two])
    one.begin()
    one.send(Outgoing("out", None, b"x"))
    with pytest.raises(FencedError, match=r"'m1' of group 'g' does not own"):
        one.commit({tp: Committed(1) for tp in EVERYTHING})
    one.abort()
    assert transport.topics()["out"].bounds == ((0, 0),)
    assert transport.committed("g") == {}
    close(one, two)


def test_outputs_alone_are_fenced_too(transport: SqliteTransport) -> None:
    old, new = join(transport, "m1"), join(transport, "m1")
    old.begin()
    old.send(Outgoing("t", None, b"x"))
    with pytest.raises(FencedError):
        old.commit({})
    assert list(transport.read(TopicPartition("t", 0), 0)) == []
    close(old, new)


def test_a_restarted_member_hands_over_what_its_older_self_still_held(
    transport: SqliteTransport,
) -> None:
    old, two = join(transport, "m1"), transport.session("g", ["t"], member="m2")
    assert two.poll(1, 0.0).gained == frozenset()
    new = transport.session("g", ["t"], member="m1")
    assert len(two.poll(1, 0.0).gained) == 2
    close(old, new, two)


def test_members_of_other_topics_get_their_own(transport: SqliteTransport) -> None:
    transport.ensure_topic(TopicSpec("u", 2))
    one = transport.session("g", ["t"], member="m1")
    two = transport.session("g", ["t", "u"], member="m2")
    settle([one, two])
    assert len(one.assignment()) == len(two.assignment()) == 3
    assert {tp.topic for tp in one.assignment()} == {"t"}
    close(one, two)


def test_polls_renew_five_times_per_timeout(transport: SqliteTransport, clock: Clock) -> None:
    one = join(transport, "m1")
    deadlines = set()
    for _ in range(100):
        clock.now += 0.1
        one.poll(1, 0.0)
        deadlines |= set(transport._reader.query("SELECT deadline FROM members"))
    assert len(deadlines) == 5
    close(one)


@pytest.mark.parametrize("sign", ["poll", "heartbeat", "commit"])
def test_every_sign_of_life_counts(transport: SqliteTransport, clock: Clock, sign: str) -> None:
    one, two = join(transport, "m1"), transport.session("g", ["t"], member="m2")
    settle([one, two])
    for _ in range(5):
        clock.now += 6
        if sign == "poll":
            one.poll(1, 0.0)
        elif sign == "heartbeat":
            one.heartbeat()
        else:
            commit(one, one.assignment())
        assert two.poll(1, 0.0).gained == frozenset()
    close(one, two)


def test_silence_up_to_the_timeout_is_allowed(transport: SqliteTransport, clock: Clock) -> None:
    one, two = join(transport, "m1"), transport.session("g", ["t"], member="m2")
    settle([one, two])
    clock.now += 1.9  # not due yet, so this poll does not move the deadline
    one.poll(1, 0.0)
    clock.now += 10.0
    assert two.poll(1, 0.0).gained == frozenset()
    close(one, two)


def test_no_partition_starves_behind_a_full_one(transport: SqliteTransport) -> None:
    one = join(transport, "m1")
    for partition, count in enumerate((1000, 10, 10, 10)):
        transport.append([Outgoing("t", None, b"x", partition=partition)] * count)
    seen = {r.partition for _ in range(4) for r in one.poll(10, 0.0).records}
    assert seen == {0, 1, 2, 3}
    close(one)


def test_a_batch_is_filled_from_several_partitions(transport: SqliteTransport) -> None:
    one = join(transport, "m1")
    transport.append([Outgoing("t", None, b"x", partition=p) for p in range(4)] * 3)
    assert len(one.poll(100, 0.0).records) == 12
    close(one)


def join(transport: SqliteTransport, member: str) -> SqliteSession:
    """A member that has taken note of every partition."""
    session = transport.session("g", ["t"], member=member)
    assert session.poll(1, 0.0).gained == EVERYTHING
    return session


def settle(members: list[SqliteSession]) -> None:
    """Two rounds hand everything over: one to release, one to take."""
    for _ in range(2):
        for member in members:
            member.poll(1, 0.0)


def commit(session: SqliteSession, tps: frozenset[TopicPartition], offset: int = 0) -> None:
    session.begin()
    session.commit({tp: Committed(offset) for tp in tps})


def close(*sessions: SqliteSession) -> None:
    for session in sessions:
        session.close()
