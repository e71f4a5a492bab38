"""Stores with small windows and pieces, and random lives for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

import numpy as np
from hypothesis import strategies as st

from models.recommend.records import Interaction
from models.recommend.store.checkpoint import Checkpoints
from models.recommend.store.columns import NOBODY, Column
from models.recommend.store.store import Limits, Store

WINDOW, MOST_LEAVING = 8, 3
LIMITS = Limits(history=5, max_users=6, max_items=7, user_ttl=40.0, item_ttl=60.0)
Kept = dict[bytes, bytes]


@contextmanager
def small_steps() -> Iterator[None]:
    """Upkeep every eight operations, and pieces of a few rows."""
    with ExitStack() as stack:
        for name, value in {
            "store.WINDOW": WINDOW,
            "store.MOST_LEAVING": MOST_LEAVING,
            "sweep.VALUES_PER_STEP": 24,
            "plan.PIECE_NBYTES": 256,
            "plan.ROUND": 4,
            "checkpoint.ROUND": 4,
        }.items():
            stack.enter_context(patch(f"models.recommend.store.{name}", value))
        yield


class World:
    """A store with one table of a model: per item, the users that touched it last, and the item before it."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.store = Store(limits)
        self.touched = self.store.items.table(
            "touched",
            Column("user", np.int32, (3,), fill=NOBODY, refers_to="users"),
            Column("weight", np.float32, (3,)),
            Column("before", np.int32, fill=NOBODY, refers_to="items"),
        )
        self.note = self.store.items.text("note")
        self.total = self.store.whole.table("total", Column("weight", np.float64))
        self.store.watch()
        self.checkpoints = Checkpoints(self.store, {"seed": 1})

    def interact(self, events: Sequence[Interaction]) -> None:
        while events:
            now, events = events[: self.store.room], events[self.store.room :]
            rows = self.store.advance(now)
            for event, user, item in zip(now, rows.users, rows.items, strict=True):
                users, weights = self.touched["user"], self.touched["weight"]
                users[item] = [user, *users[item, :2]]
                weights[item] = [event.weight, *weights[item, :2]]
                self.touched.dirty[item] = 1
                self.total["weight"][0] += event.weight
            for user, item, entry in zip(rows.users, rows.items, rows.entries, strict=True):
                self.before(int(user), int(item), int(entry))
            self.store.keep()

    def before(self, user: int, item: int, entry: int) -> None:
        arrays = self.store.arrays
        earlier = entry - 1 if entry % 8 else int(arrays.previous[entry // 8]) * 8 + 7
        if earlier >= 0:
            row = arrays.items[earlier // 8, earlier % 8]
            self.touched["before"][item] = row
            self.touched.dirty[item] = 1

    def apply(self, operation: tuple[object, ...]) -> None:
        verb, *arguments = operation
        if verb == "interact":
            self.interact([Interaction(*arguments)])
            return
        if verb == "put_item":
            item, time = arguments
            row = self.store.put_item(item, time)
            self.note[row] = f"{item} at {time}"
        else:
            getattr(self.store, verb)(*arguments)
        self.store.keep()

    def save(self, kept: Kept) -> int:
        """Write a checkpoint over what is kept, the newest pieces last; returns its bytes."""
        size = 0
        for name, data in self.checkpoints.write():
            held = kept.pop(name, None)
            if data is None:
                assert held is not None
            else:
                kept[name] = data
                size += len(data)
        return size

    def load(self, kept: Kept) -> World:
        for name, data in kept.items():
            self.checkpoints.take(name, data)
        self.checkpoints.restore()
        return self

    def history(self, user: str) -> list[Interaction]:
        """Newest first."""
        store = self.store
        past = (column.tolist() for column in store.histories.of(store.users.row(user)))
        return [
            Interaction(user, store.items.id(item), kind, weight, time)
            for item, kind, weight, time in zip(*past, strict=True)
        ]


def order(entities: object) -> list[str]:
    """Ids, the one idle longest first."""
    life = entities.life
    rows = entities.alive()
    rows = rows[np.argsort(life["last"][rows])]
    return [entities.id(row) for row in rows.tolist()]


users = st.sampled_from([f"user-{k}" for k in range(9)])
items = st.sampled_from([f"item-{k}" for k in range(10)])
times = st.integers(0, 200).map(float)
interactions = st.tuples(
    st.just("interact"), users, items, st.integers(0, 3), st.sampled_from([0.0, 0.5, 2.0]), times
)
operations = st.one_of(
    interactions,
    interactions,
    st.tuples(st.just("put_item"), items, times),
    st.tuples(st.just("remove_item"), items),
    st.tuples(st.just("forget_user"), users),
)


def long_life(seed: int, length: int) -> list[tuple[object, ...]]:
    """A life in which time passes, a few users do much, and little is removed."""
    rng = np.random.default_rng(seed)
    life: list[tuple[object, ...]] = []
    for step in range(length):
        user, item = f"user-{int(9 * rng.random() ** 3)}", f"item-{rng.integers(10)}"
        time = float(step + rng.integers(-3, 4))
        chance = rng.random()
        if chance < 0.9:
            life.append(("interact", user, item, int(rng.integers(4)), 0.5, time))
        elif chance < 0.95:
            life.append(("put_item", item, time))
        else:
            life.append(("remove_item", item) if chance < 0.98 else ("forget_user", user))
    return life


lives = st.one_of(
    st.lists(operations, min_size=1, max_size=150),
    st.builds(long_life, st.integers(0, 2**32 - 1), st.integers(100, 300)),
)
