"""Neighbours against their slow twin."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.recommend.neighbours.neighbours import Neighbours
from models.recommend.records import Interaction
from models.recommend.store.checkpoint import Checkpoints
from models.recommend.store.store import Limits, Store
from tests.models.recommend.neighbours.naive import NaiveNeighbours

LIMITS = Limits(200, 1_000, 1_000, None, None)
RING, NEAREST, CONTEXT, DECAY = 4, 30, 5, 0.7
users = st.integers(0, 7).map("u{}".format)
items = st.integers(0, 9).map("i{}".format)
lives = st.lists(st.tuples(users, items, st.sampled_from([0.0, 1.0, 1.0, 3.0])), max_size=60)
Life = list[tuple[str, str, float]]
NOTHING = np.empty(0, np.int64)


class World:
    def __init__(self, limits: Limits = LIMITS) -> None:
        self.store = Store(limits)
        self.neighbours = Neighbours(self.store, RING, NEAREST, CONTEXT, DECAY)
        self.store.watch()

    def learn(self, life: Life, cut: int = 10) -> World:
        while life:
            now, life = life[: min(cut, self.store.room)], life[min(cut, self.store.room) :]
            events = [Interaction(user, item, 0, weight, 0.0) for user, item, weight in now]
            self.neighbours.learn(self.store.advance(events))
            self.store.keep()
        return self

    def ask(
        self, user: str, session: list[str]
    ) -> tuple[list[str], dict[str, float], dict[str, float]]:
        """The query, the neighbours, and the candidates."""
        rows, ids, row = self.store.items.rows(session), self.store, self.store.users.row(user)
        query = self.neighbours.query(row, rows[rows >= 0])
        near = self.neighbours.of(query, row, NEAREST)
        found = self.neighbours.candidates(query, row)
        return (
            [ids.items.id(each) for each in query.tolist()],
            {ids.users.id(each): likeness for each, likeness in near},
            {
                ids.items.id(each): score
                for each, score in zip(found.rows.tolist(), found.scores.tolist(), strict=True)
            },
        )


@given(lives, users, st.lists(items, max_size=3), st.integers(1, 12))
@settings(max_examples=150)
def test_it_finds_what_the_definition_says(
    life: Life, user: str, session: list[str], cut: int
) -> None:
    world, naive = World().learn(life, cut), NaiveNeighbours(RING, NEAREST, CONTEXT, DECAY)
    for event in life:
        naive.learn(*event)
    session = [item for item in session if item in naive.interactions]
    for _ in range(2):  # asking twice: what kernels work in is clean again
        query, near, found = world.ask(user, session)
        assert query == naive.query(user, session)
        assert near == pytest.approx(naive.of(query, user))
        assert list(near.values()) == sorted(near.values(), reverse=True)
        assert found == pytest.approx(naive.scores(near))
        assert list(found.values()) == sorted(found.values(), reverse=True)


def test_the_nearest_come_first_and_no_more_than_asked_for() -> None:
    world = World().learn(
        [
            ("me", "a", 1.0),
            ("me", "b", 1.0),
            ("both", "a", 1.0),
            ("both", "b", 1.0),
            ("one", "b", 1.0),
        ]
    )
    row = world.store.users.row("me")
    query = world.neighbours.query(row, NOTHING)
    [(best, likeness)] = world.neighbours.of(query, row, 1)
    assert world.store.users.id(best) == "both"
    assert likeness == pytest.approx(1.0)


def test_of_nobody_nothing_is_found() -> None:
    world = World().learn([("me", "a", 1.0)])
    assert world.ask("nobody", []) == ([], {}, {})
    assert World().ask("nobody", []) == ([], {}, {})


def test_who_went_is_no_neighbour() -> None:
    world = World().learn([("me", "a", 1.0), ("you", "a", 1.0), ("they", "a", 1.0)])
    world.store.forget_user("you")
    assert set(world.ask("me", [])[1]) == {"they"}


@given(lives, st.integers(0, 60), users)
@settings(max_examples=40)
def test_a_restored_one_goes_on_alike(life: Life, cut: int, user: str) -> None:
    straight, before, after = World().learn(life), World().learn(life[:cut]), World()
    checkpoints = Checkpoints(after.store, {})
    for name, data in Checkpoints(before.store, {}).write():
        if data is not None:
            checkpoints.take(name, data)
    checkpoints.restore()
    assert after.learn(life[cut:]).ask(user, []) == straight.ask(user, [])
