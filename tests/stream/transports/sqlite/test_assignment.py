"""Partitions are spread evenly and stay where they are if they can."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from stream.transports.sqlite.assignment import assign

MEMBERS = ["a", "b", "c", "d", "e"]
TOPICS = ["x", "y", "z"]

member_sets = st.sets(st.sampled_from(MEMBERS), min_size=1)
partition_maps = st.dictionaries(st.integers(1, 40), st.sampled_from(TOPICS), max_size=24)
holder_maps = st.dictionaries(st.integers(1, 40), st.sampled_from([*MEMBERS, "gone"]))
subscription_maps = st.dictionaries(
    st.sampled_from(MEMBERS), st.frozensets(st.sampled_from(TOPICS), min_size=1)
)


@given(subscription_maps, partition_maps, holder_maps)
def test_every_wanted_partition_has_one_member_that_wants_it(
    subscriptions: dict[str, frozenset[str]], partitions: dict[int, str], held: dict[int, str]
) -> None:
    result = assign(subscriptions, partitions, held)
    wanted = frozenset().union(*subscriptions.values())
    assert set(result) == {uid for uid, topic in partitions.items() if topic in wanted}
    assert all(partitions[uid] in subscriptions[member] for uid, member in result.items())


@given(member_sets, partition_maps, holder_maps)
def test_equal_members_get_equal_shares(
    members: set[str], partitions: dict[int, str], held: dict[int, str]
) -> None:
    loads = _loads(members, assign(_all_topics(members), partitions, held))
    assert max(loads) - min(loads) <= 1


@given(subscription_maps, partition_maps, holder_maps)
def test_a_balanced_assignment_stays(
    subscriptions: dict[str, frozenset[str]], partitions: dict[int, str], held: dict[int, str]
) -> None:
    once = assign(subscriptions, partitions, held)
    assert assign(subscriptions, partitions, once) == once


@given(member_sets, st.sampled_from(MEMBERS), partition_maps)
def test_only_as_much_moves_as_a_newcomer_needs(
    members: set[str], newcomer: str, partitions: dict[int, str]
) -> None:
    before = assign(_all_topics(members), partitions, {})
    after = assign(_all_topics(members | {newcomer}), partitions, before)
    moved = {uid for uid in before if before[uid] != after[uid]}
    if newcomer not in members:
        assert all(after[uid] == newcomer for uid in moved)
        assert len(moved) == len(partitions) // (len(members) + 1)
    else:
        assert not moved


@given(member_sets, st.sampled_from(MEMBERS), partition_maps)
def test_only_what_a_leaver_had_moves(
    members: set[str], leaver: str, partitions: dict[int, str]
) -> None:
    members |= {leaver, "f"}
    before = assign(_all_topics(members), partitions, {})
    after = assign(_all_topics(members - {leaver}), partitions, before)
    assert all(after[uid] == member for uid, member in before.items() if member != leaver)


def test_a_busy_topic_is_spread() -> None:
    topics = {1: "x", 2: "x", 3: "y", 4: "y"}
    alone = assign(_all_topics({"a"}), topics, {})
    both = assign(_all_topics({"a", "b"}), topics, alone)
    assert {both[1], both[2]} == {both[3], both[4]} == {"a", "b"}


def test_nobody_gets_nothing() -> None:
    assert assign({}, {1: "x"}, {1: "a"}) == {}


def _all_topics(members: set[str]) -> dict[str, frozenset[str]]:
    return {member: frozenset(TOPICS) for member in members}


def _loads(members: set[str], result: dict[int, str]) -> list[int]:
    counts = Counter(result.values())
    return [counts[member] for member in members]
