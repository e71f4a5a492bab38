import numpy as np
import pytest

from models.recommend.store.checkpoint import Checkpoints
from tests.models.recommend.ranking.lives import Life, seeded

STREAM = seeded(1_500, 200)

pytestmark = pytest.mark.usefixtures("compiled")


def pieces_of(life: Life) -> dict[bytes, bytes]:
    return {name: data for name, data in Checkpoints(life.store, {}).write() if data is not None}


@pytest.mark.parametrize("cut", [1, 7, 100])
def test_batches_change_nothing(cut: int) -> None:
    whole, parts = Life(), Life()
    np.testing.assert_array_equal(whole.learn(STREAM), parts.learn(STREAM, cut))
    assert pieces_of(whole) == pieces_of(parts)


@pytest.mark.parametrize("at", [1, 256, 777])
def test_restored_anywhere_it_goes_on_alike(at: int) -> None:
    life, again = Life(), Life()
    life.learn(STREAM[:at])
    checkpoints = Checkpoints(again.store, {})
    for name, data in pieces_of(life).items():
        checkpoints.take(name, data)
    checkpoints.restore()
    np.testing.assert_array_equal(life.learn(STREAM[at:]), again.learn(STREAM[at:]))


def test_items_that_went_are_not_ranked() -> None:
    life = Life(max_items=60)
    ranks = life.learn(STREAM)
    assert len(life.alive) <= 60 + 256
    assert np.all(ranks[np.isfinite(ranks)] <= 60 + 256)
    allowed = np.ones(len(life.store.items.life["state"]), np.bool_)
    found = life.hybrid.best(life.asker("u1", 2e9), allowed, life.seen("u1"), 500)
    assert set(found.rows.tolist()) == set(life.alive.tolist()) - set(life.seen("u1").tolist())
