"""Checkpoints: what they bring back, what they cost, and what they do not tell any more."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import CorruptState, IncompatibleState
from models.recommend.records import Interaction
from models.recommend.store.checkpoint import Checkpoints
from models.recommend.store.piece import unpack
from models.recommend.store.plan import ROUND
from models.recommend.store.store import Limits
from tests.models.recommend.store.worlds import (
    LIMITS,
    Kept,
    World,
    interactions,
    lives,
    order,
    small_steps,
)

Life = list[tuple[object, ...]]


@settings(max_examples=60, deadline=None)
@given(lives, st.lists(st.integers(1, 40), max_size=12), st.sampled_from([1, 5, 20]))
def test_a_loaded_store_goes_on_as_if_nothing_had_happened(
    life: Life, cuts: list[int], history: int
) -> None:
    limits = LIMITS._replace(history=history)
    with small_steps():
        straight, kept = World(limits), Kept()
        stopped, also_kept = World(limits), Kept()
        start = 0
        for cut in [*cuts, len(life)]:
            for operation in life[start : start + cut]:
                straight.apply(operation)
                stopped.apply(operation)
            start += cut
            straight.save(kept)
            stopped.save(also_kept)
            assert also_kept == kept
            stopped = World(limits).load(kept)
            assert order(stopped.store.users) == order(straight.store.users)
            for user in order(straight.store.users):
                assert stopped.history(user) == straight.history(user)
            assert (
                stopped.note.values[: stopped.store.items.extent]
                == (straight.note.values[: straight.store.items.extent])
            )


@settings(max_examples=100, deadline=None)
@given(st.lists(interactions, min_size=1, max_size=120), st.lists(st.integers(1, 50), max_size=8))
def test_batches_change_nothing(life: Life, cuts: list[int]) -> None:
    events = [Interaction(*arguments) for _, *arguments in life]
    with small_steps():
        one, many = World(), World()
        for event in events:
            one.interact([event])
        start = 0
        for cut in [*cuts, len(events)]:
            many.interact(events[start : start + cut])
            start += cut
        first, second = Kept(), Kept()
        one.save(first)
        many.save(second)
        assert first == second


@settings(max_examples=50, deadline=None)
@given(lives)
def test_a_forgotten_user_leaves_no_trace_in_what_is_written_from_then_on(life: Life) -> None:
    with small_steps():
        world, kept = World(), Kept()
        for step, operation in enumerate([*life, ("interact", "user-1", "item-1", 0, 1.0, 1.0)]):
            world.apply(operation)
            if step % 10 == 0:
                world.save(kept)
        world.apply(("forget_user", "user-1"))
        for _ in range(4):
            fresh = Kept(kept)
            world.save(fresh)
            written = {name: data for name, data in fresh.items() if kept.get(name) != data}
            assert not any(b"user-1" in data for data in written.values())
            kept = fresh
        assert not any(b"user-1" in data for data in kept.values())


def test_what_a_user_did_is_gone_with_the_name() -> None:
    with small_steps():
        world, kept = World(), Kept()
        # The store also keeps the least and the newest time of everybody: here, they are his.
        for k in range(5):
            world.apply(("interact", "zebra", "item", 3, 1.0, 1234.5))
            world.apply(("interact", "him", f"item-{k}", 1, 1.0, 1000.0 * (k % 2 + 1)))
        world.apply(("forget_user", "zebra"))
        world.save(kept)
        time = np.array([1234.5]).tobytes()
        assert not any(time in data or b"zebra" in data for data in kept.values())


def test_a_checkpoint_costs_what_changed_and_a_share_of_the_rest() -> None:
    world, kept = World(Limits(20, 10**6, 10**6, None, None)), Kept()
    everybody = [Interaction(f"u{k}", f"i{k % 5000}", 0, 1.0, float(k)) for k in range(60_000)]
    world.interact(everybody)
    world.save(kept)
    whole = sum(map(len, kept.values()))
    sizes = []
    for turn in range(2 * ROUND):
        world.interact([Interaction(f"u{k}", "i1", 0, 1.0, 1e6) for k in range(turn, turn + 100)])
        sizes.append(world.save(kept))
    # Blocks are few here, so that no share is exactly a sixteenth.
    assert max(sizes) < 0.3 * whole
    assert np.mean(sizes) < 0.12 * whole
    assert sum(map(len, kept.values())) < 2.2 * whole
    assert max(map(len, kept.values())) < 5 << 20


def test_reading_writes_nothing() -> None:
    world, kept = World(), Kept()
    world.interact([Interaction("a", "b", 0, 1.0, 1.0)])
    world.save(kept)
    before = world.store.nbytes
    assert world.store.users.row("nobody") == -1
    assert world.store.items.rows(["b", "nothing"]).tolist() == [0, -1]
    assert world.history("a")
    assert world.store.nbytes == before
    assert not any(table.dirty.any() for table in world.store.named.values())


def saved(n: int = 40) -> Kept:
    world, kept = World(), Kept()
    for k in range(n):
        world.apply(("interact", f"user-{k % 5}", f"item-{k % 7}", 0, 1.0, float(k)))
        if k % 5 == 0:
            world.save(kept)
    world.save(kept)
    return kept


@pytest.mark.parametrize("at", [0, 5, 30, 200, -3])
def test_a_damaged_piece_is_refused(at: int) -> None:
    with small_steps():
        kept = saved()
        name = next(iter(kept))
        damaged = bytearray(kept[name])
        damaged[at] ^= 1
        with pytest.raises(CorruptState):
            World().checkpoints.take(name, bytes(damaged))
        with pytest.raises(CorruptState):
            World().checkpoints.take(name, kept[name][: len(kept[name]) // 2])


def test_a_missing_piece_is_noticed() -> None:
    with small_steps():
        kept = saved()
        for name in kept:
            without = {other: data for other, data in kept.items() if other != name}
            with pytest.raises(CorruptState):
                World().load(without)


def test_a_piece_of_an_older_checkpoint_is_noticed() -> None:
    with small_steps():
        old, new = saved(20), saved(40)
        assert old.keys() & new.keys()
        for name in old.keys() & new.keys():
            with pytest.raises(CorruptState):
                World().load(new | {name: old[name]})


def test_pieces_that_come_in_another_order_are_refused() -> None:
    with small_steps():
        kept = saved()
        with pytest.raises(CorruptState):
            World().load(Kept(reversed(kept.items())))


def test_a_piece_under_another_name_is_noticed() -> None:
    with small_steps():
        kept = saved()
        first, second, *_ = kept
        with pytest.raises(CorruptState, match="its own name"):
            World().checkpoints.take(first, kept[second])


def test_another_recommender_is_refused() -> None:
    with small_steps():
        kept = saved()
        world = World()
        other = Checkpoints(world.store, {"seed": 2})
        with pytest.raises(IncompatibleState, match="as configured"):
            other.take(*next(iter(kept.items())))


def test_nothing_kept_is_a_state_that_has_seen_nothing() -> None:
    world = World().load({})
    assert len(world.store.users) == 0
    assert world.store.sequence == 0


def test_pieces_say_which_checkpoint_they_are_of() -> None:
    with small_steps():
        numbers = {unpack(data).meta["checkpoint"] for data in saved().values()}
    assert max(numbers) == 9
    assert min(numbers) > 9 - 4
