import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.recommend.records import Interaction, ItemData
from tests import naive_recommend as naive
from tests.models.conftest import COMPILED
from tests.models.recommend.ranking.lives import ALL, Life, seeded, streams


def same_as_sorting_all(life: Life, user: str, most: int, allowed: np.ndarray) -> None:
    asker, seen = life.asker(user, life.store.newest), life.seen(user)
    found = life.hybrid.best(asker, allowed, seen, most)
    rows = life.alive
    score = dict(zip(rows.tolist(), life.hybrid.score(asker, rows).tolist(), strict=True))
    free = [row for row in rows.tolist() if allowed[row] and row not in set(seen.tolist())]
    assert found.rows.tolist() == naive.best(free, score.__getitem__, most)
    assert found.scores.tolist() == [score[row] for row in found.rows.tolist()]


@settings(max_examples=25 if COMPILED else 3, deadline=None)
@given(
    streams(),
    st.integers(0, 12),
    st.integers(0, 2**32),
    st.sampled_from([ALL, ALL[:1], ALL[1:2], ALL[2:3], ALL[3:]]),
)
def test_best(stream: list[Interaction], most: int, seed: int, models: tuple[str, ...]) -> None:
    life = Life(models)
    for item in range(0, 40, 3):
        life.describe(f"i{item}")
    life.learn(stream)
    allowed = np.random.default_rng(seed).random(len(life.store.items.life["state"])) < 0.7
    for user in ("u0", "u1", "nobody"):
        same_as_sorting_all(life, user, most, allowed)


@pytest.mark.parametrize("seed", [1, 2])
def test_best_among_many(compiled: None, seed: int) -> None:
    life = Life()
    for item in range(3_000):
        life.describe(f"i{item}")
    stream = seeded(6_000, 3_000, seed=seed)
    for start in range(0, 6_000, 1_500):
        life.learn(stream[start : start + 1_500])
        allowed = np.random.default_rng(start).random(len(life.store.items.life["state"])) < 0.5
        for user in ("u0", "u7", "nobody"):
            same_as_sorting_all(life, user, 10, allowed)


def test_best_where_content_changes(compiled: None) -> None:
    life = Life()
    for item in range(4_000):
        life.describe(f"i{item}")
    life.learn(seeded(2_500, 4_000))
    allowed = np.ones(len(life.store.items.life["state"]), np.bool_)
    category = np.zeros(len(allowed), np.bool_)
    category[3::10] = True
    for user in ("u0", "u7", "nobody"):
        same_as_sorting_all(life, user, 10, allowed)
        same_as_sorting_all(life, user, 10, category)
    for item in range(1_000, 4_000, 7):
        # Each moves to another kind of name, or loses what is said of it.
        row = life.store.put_item(f"i{item}", 0.0)
        data = ItemData(text=f"the i{item}", categories=("3",)) if item % 2 else ItemData()
        life.catalogue.put(row, data)
    life.store.remove_item("i2003")
    life.store.keep()
    for user in ("u0", "u7", "nobody"):
        same_as_sorting_all(life, user, 10, allowed)
        same_as_sorting_all(life, user, 10, category)


@settings(max_examples=20 if COMPILED else 3, deadline=None)
@given(streams(60))
def test_ranks_are_those_of_the_moment_before(stream: list[Interaction]) -> None:
    life = Life()
    for event in stream:
        target = life.store.items.row(event.item)
        want = np.inf
        asker, seen = life.asker(event.user, event.time), life.seen(event.user)
        if target >= 0 and target not in seen:
            others = np.setdiff1d(life.alive, np.append(seen, target))
            score = life.hybrid.score(asker, np.array([target]))[0]
            want = naive.rank(life.hybrid.score(asker, others).tolist(), score)
        assert life.learn([event])[0] == want
