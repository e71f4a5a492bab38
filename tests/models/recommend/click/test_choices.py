"""Clicks in a recommender: learned against recent items, and candidates put in order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.recommend.catalogue.catalogue import Catalogue
from models.recommend.click import reranked
from models.recommend.click.choices import Choices
from models.recommend.click.features import slot_of
from models.recommend.click.kernels.choices import mixed
from models.recommend.click.reranked import WEIGHT, Reranked
from models.recommend.records import Interaction, ItemData
from models.recommend.store.checkpoint import Checkpoints
from models.recommend.store.store import Limits, Store
from tests.models.recommend.click.naive import NaiveMachine
from tests.models.recommend.serving.sources import Table

LIMITS = Limits(50, 1_000, 1_000, None, None)
users = st.integers(0, 4).map("u{}".format)
items = st.integers(0, 7).map("i{}".format)
lives = st.lists(st.tuples(users, items, st.sampled_from([0.0, 1.0, 2.0])), max_size=30)
Life = list[tuple[str, str, float]]
CATEGORIES = {f"i{k}": tuple(f"c{(k + j) % 3}" for j in range(k % 6)) for k in range(8)}


class World:
    def __init__(self) -> None:
        self.store = Store(LIMITS)
        self.catalogue = Catalogue(self.store)
        self.choices = Choices(self.store, self.catalogue, n_negatives=2, n_slots=1 << 10, seed=7)
        self.store.watch()

    def put(self) -> World:
        for item, categories in CATEGORIES.items():
            self.catalogue.put(self.store.put_item(item, 0.0), ItemData(categories))
            self.store.keep()
        return self

    def learn(self, life: Life, cut: int = 7) -> World:
        while life:
            now, life = life[: min(cut, self.store.room)], life[min(cut, self.store.room) :]
            events = [Interaction(user, item, 0, weight, 0.0) for user, item, weight in now]
            self.choices.learn(self.store.advance(events))
            self.store.keep()
        return self

    def scores(self, user: str, before: str) -> list[float]:
        ids = self.store.items
        rows = ids.rows(list(CATEGORIES))
        return self.choices.scores(self.store.users.row(user), ids.row(before), rows).tolist()


class Naive:
    """The same, from lists and dictionaries."""

    def __init__(self, choices: Choices) -> None:
        machine = choices.machine
        k = machine.n_factors
        self.n_slots, self.sequence = machine.n_slots, len(CATEGORIES)
        self.machine = NaiveMachine(
            machine.parameters[:, 2 : 2 + k], machine.learning_rate, machine.regularisation
        )
        self.recent: list[str] = []
        self.last: dict[str, str] = {}

    def example(self, user: str | None, before: str | None, item: str) -> list[tuple[int, float]]:
        names = [
            *([f"user={user}"] if user is not None else []),
            *([f"before={before}"] if before is not None else []),
            f"item={item}",
            *(f"category={each}" for each in dict.fromkeys(CATEGORIES[item])),
        ]
        return [(slot_of(name, self.n_slots), 1.0) for name in names]

    def learn(self, user: str, item: str, weight: float) -> None:
        if weight > 0.0:
            before = self.last.get(user)
            self.machine.learn(self.example(user, before, item), 1.0)
            for draw in range(2 if self.recent else 0):
                word = int(mixed(np.uint64((7 + self.sequence * 0x9E3779B97F4A7C15) % 2**64)))
                word = (word + draw * 0x94D049BB133111EB) % 2**64
                other = self.recent[int(mixed(np.uint64(word))) % len(self.recent)]
                if other != item:
                    self.machine.learn(self.example(user, before, other), 0.0)
            self.recent.append(item)
            self.last[user] = item
        self.sequence += 1

    def scores(self, user: str | None, before: str | None) -> list[float]:
        return [self.machine.score(self.example(user, before, item)) for item in CATEGORIES]


@given(lives, st.integers(1, 9))
@settings(max_examples=40)
def test_it_learns_what_the_definition_says(life: Life, cut: int) -> None:
    world = World().put()
    naive = Naive(world.choices)
    world.learn(life, cut)
    for event in life:
        naive.learn(*event)
    known = life[0][0] if life else None
    assert world.scores(known or "nobody", "i3") == pytest.approx(
        naive.scores(known, "i3"), abs=2e-3
    )
    assert world.scores("nobody", "no item") == pytest.approx(naive.scores(None, None), abs=2e-3)


@given(lives, st.integers(0, 30))
@settings(max_examples=25)
def test_a_restored_one_goes_on_alike(life: Life, cut: int) -> None:
    straight, before, after = World().put().learn(life), World().put().learn(life[:cut]), World()
    checkpoints = Checkpoints(after.store, {})
    for name, data in Checkpoints(before.store, {}).write():
        if data is not None:
            checkpoints.take(name, data)
    checkpoints.restore()
    after.learn(life[cut:])
    for user in ("u0", "nobody"):
        assert after.scores(user, "i1") == straight.scores(user, "i1")


def test_it_tells_what_somebody_likes_from_what_everybody_does() -> None:
    random = np.random.default_rng(4)
    life = []
    for _ in range(3_000):
        user = int(random.integers(0, 4))
        # Everybody likes i0; beside it, users 0 and 1 like the first half of the items, the others the second.
        item = 0 if random.random() < 0.4 else int(random.integers(1, 4)) + 4 * (user >= 2)
        life.append((f"u{user}", f"i{item}", 1.0))
    world = World().put().learn(life, 200)
    first, second = world.scores("u0", "i0"), world.scores("u3", "i0")
    assert min(first[1:4]) > max(first[5:8]) + 1.0
    assert min(second[5:8]) > max(second[1:4]) + 1.0


class Fixed:
    """Odds by row."""

    def __init__(self, odds: list[float]) -> None:
        self.odds = np.array(odds)

    def scores(self, user: int, before: int, rows: np.ndarray) -> np.ndarray:
        return self.odds[rows]


@given(
    st.lists(st.tuples(st.integers(-4, 4).map(float), st.floats(-3, 3)), min_size=1, max_size=12),
    st.integers(1, 12),
    st.integers(1, 6),
)
def test_the_best_and_the_scores_agree(
    found: list[tuple[float, float]], most: int, looked: int
) -> None:
    scores = {row: score for row, (score, _) in enumerate(found)}
    source = Reranked(Table(scores, because=5), Fixed([odds for _, odds in found]), -1, -1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reranked, "LOOKED_AT", looked)
        allowed, nothing = np.ones(len(found), np.bool_), np.empty(0, np.int64)
        best = source.best(allowed, nothing, most)
        every = source.score(np.arange(len(found)))
        if most <= looked:
            order = np.lexsort((np.arange(len(found)), -every))[:most]
            assert np.sort(every[order])[::-1] == pytest.approx(np.sort(best.scores)[::-1])
        assert list(best.scores) == sorted(best.scores, reverse=True)
    assert source.name == "table"
    assert source.because(0) == 5


def test_scores_are_blended_in_deviations() -> None:
    source = Reranked(Table({0: 1.0, 1: 3.0}), Fixed([10.0, -10.0, 0.0]), -1, -1)
    assert source.score(np.array([0, 1, 2])).tolist() == [WEIGHT - 1.0, 1.0 - WEIGHT, -np.inf]
    nothing = Reranked(Table({}), Fixed([]), -1, -1)
    assert nothing.score(np.empty(0, np.int64)).tolist() == []
    assert len(nothing.best(np.ones(2, np.bool_), np.empty(0, np.int64), 3).rows) == 0
