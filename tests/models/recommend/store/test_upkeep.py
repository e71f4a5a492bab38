"""Who is let go and when, and what upkeep costs."""

from __future__ import annotations

import numpy as np
import pytest

from models.recommend.records import Interaction
from models.recommend.store.columns import Column
from models.recommend.store.store import MOST_LEAVING, WINDOW, Limits, Store
from tests.models.recommend.store.worlds import World

FOR_EVER = Limits(20, 10**6, 10**6, None, None)


def visits(n: int, time: float, prefix: str = "u") -> list[Interaction]:
    return [Interaction(f"{prefix}{k}", f"i{k % 7}", 0, 1.0, time) for k in range(n)]


def test_one_event_from_the_far_future_lets_nobody_go() -> None:
    world = World(FOR_EVER._replace(user_ttl=100.0))
    world.interact(visits(WINDOW, 1_000.0))
    for k in range(20):
        world.interact(visits(WINDOW - 1, 1_000.0 + k))
        world.interact([Interaction("u0", "i0", 0, 1.0, 1e12)])
    assert len(world.store.users) == WINDOW
    assert world.store.mark == 1_019.0
    assert world.store.newest == 1e12


def test_late_events_do_not_turn_time_back() -> None:
    world = World(FOR_EVER._replace(user_ttl=100.0))
    world.interact(visits(WINDOW, 1_000.0))
    world.interact(visits(WINDOW, 500.0, "late"))
    assert world.store.mark == 1_000.0
    assert len(world.store.users) == 2 * WINDOW


def test_idle_users_go_at_a_bounded_pace() -> None:
    world = World(FOR_EVER._replace(user_ttl=100.0))
    world.interact(visits(8 * WINDOW, 1_000.0))
    left = []
    for _ in range(6):
        world.interact(visits(WINDOW, 2_000.0, "new"))
        left.append(len(world.store.users))
    most = [8 * WINDOW + WINDOW - k * MOST_LEAVING for k in range(1, 5)]
    assert left == [*most, WINDOW, WINDOW]
    assert world.store.histories.of(world.store.users.row("new3")).items.size == 6


def test_items_that_are_only_described_idle_too() -> None:
    world = World(FOR_EVER._replace(item_ttl=50.0))
    for k in range(WINDOW):
        world.apply(("put_item", f"i{k}", 10.0))
    world.interact(visits(2 * WINDOW, 100.0))
    # Those that somebody touched meanwhile stay.
    assert sorted(world.store.items.id(row) for row in world.store.items.alive()) == [
        f"i{k}" for k in range(7)
    ]


def test_rows_are_used_again() -> None:
    world = World(FOR_EVER._replace(max_users=100))
    for k in range(40):
        world.interact(visits(WINDOW, float(k), f"round-{k}-"))
    store = world.store
    assert len(store.users) == 100
    assert store.users.extent < 6 * WINDOW
    assert store.histories.extent < 6 * WINDOW
    assert store.nbytes["users"] < 2_000_000


def test_tables_start_from_their_fill_when_rows_are_used_again() -> None:
    store = Store(FOR_EVER)
    table = store.users.table("any", Column("value", np.float32, (2,), fill=3.0))
    store.watch()
    store.advance([Interaction("a", "i", 0, 1.0, 0.0)])
    table["value"][0] = 7.0
    assert store.forget_user("a")
    events = store.advance([Interaction("b", "i", 0, 1.0, 0.0)])
    assert events.users.tolist() == [0]
    assert table["value"][0].tolist() == [3.0, 3.0]


def test_a_batch_sees_only_items_that_were_there() -> None:
    store = Store(FOR_EVER)
    store.watch()
    events = store.advance(
        [Interaction("a", item, 0, 1.0, 0.0) for item in ("x", "y", "x", "z", "y")]
    )
    assert events.extents.tolist() == [1, 2, 2, 3, 3]
    assert events.sequence.tolist() == [0, 1, 2, 3, 4]
    assert store.arrays.born[:3].tolist() == [0, 1, 3]


@pytest.mark.parametrize("user", ["plain", "ünïcode", "with\0zero", "a" * 1024, "💡"])
def test_ids_of_any_text_come_back(user: str) -> None:
    world = World(FOR_EVER)
    world.interact([Interaction(user, user[::-1], 0, 1.0, 0.0)])
    kept: dict[bytes, bytes] = {}
    world.save(kept)
    loaded = World(FOR_EVER).load(kept)
    assert loaded.history(user) == world.history(user) != []
