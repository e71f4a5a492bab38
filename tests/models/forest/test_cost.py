from __future__ import annotations

import numpy as np
import pytest

from models.forest.arena import ForestArena
from models.forest.config import ForestConfig
from models.forest.cost import forest_cost
from models.forest.state import dump_forest
from models.state import pack

pytestmark = pytest.mark.usefixtures("compiled")

SHAPES = {
    "1x1": ForestConfig(n_features=1, n_trees=30),
    "1x8": ForestConfig(n_features=1, shingle_size=8, n_trees=30),
    "5x4, 128 samples": ForestConfig(n_features=5, shingle_size=4, sample_size=128),
    "32x1": ForestConfig(n_features=32, n_trees=20),
    "1x8, 512 samples": ForestConfig(n_features=1, shingle_size=8, sample_size=512, n_trees=20),
    "classic": ForestConfig(n_features=2, shingle_size=2, bucket_size=1, n_trees=20),
    "no decay": ForestConfig(n_features=1, shingle_size=4, time_decay=0.0, n_trees=20),
}


@pytest.mark.parametrize("records", [5, 60, 500, 4_000])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_forest_costs_what_was_estimated(shape: str, records: int) -> None:
    config = SHAPES[shape]
    arena = ForestArena(config, box_cache=0)
    slot = arena.open_slot(7)
    values = np.random.default_rng(5).normal(size=(records, config.n_features))
    arena.score_and_learn(np.zeros(records, np.int64), values.astype(np.float32), 0)

    found = forest_cost(arena, records)
    at_rest = arena.slot_nbytes(slot)
    assert found.memory == pytest.approx(at_rest, rel=0.1)
    arena.keep_boxes(slot)
    assert found.boxes == pytest.approx(arena.slot_nbytes(slot) - at_rest, rel=0.2)
    assert found.memory + found.boxes == pytest.approx(arena.slot_nbytes(slot), rel=0.13)
    saved = len(pack("forest", {}, dump_forest(arena, slot)))
    assert found.saved == pytest.approx(saved, rel=0.1, abs=250)
