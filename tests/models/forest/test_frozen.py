"""States that were saved once must load for ever, and go on as they did then.

tests/data/forest-v*.bin are saved states; the JSON beside each holds the records that came next, and their scores.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from models.forest import RandomCutForest
from models.state import unpack

FROZEN = sorted((Path(__file__).parents[2] / "data").glob("forest-v*.bin"))


def test_there_are_frozen_states() -> None:
    assert [path.name for path in FROZEN] == ["forest-v1.bin"]


@pytest.mark.parametrize("path", FROZEN, ids=lambda path: path.stem)
def test_a_frozen_state_goes_on(path: Path) -> None:
    forest = RandomCutForest.from_bytes(path.read_bytes())
    following = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    for record, score in zip(following["records"], following["scores"], strict=True):
        assert forest.score_one(record) == pytest.approx(score, rel=1e-9)
        forest.learn_one(record)
    shares = forest.attribute_one(following["records"][0])
    for name, share in following["shares"].items():
        assert shares[name] == pytest.approx(share, rel=1e-9)


@pytest.mark.parametrize("path", FROZEN[-1:], ids=lambda path: path.stem)
def test_the_newest_frozen_state_is_saved_as_it_was(path: Path) -> None:
    """The compressed bytes may differ between versions of zlib; what they hold may not."""
    state = path.read_bytes()
    before = unpack(state, "forest")
    after = unpack(RandomCutForest.from_bytes(state).dump(), "forest")
    assert after.meta == before.meta
    assert after.arrays.keys() == before.arrays.keys()
    for name, array in before.arrays.items():
        assert after.arrays[name].dtype == array.dtype
        assert np.array_equal(after.arrays[name], array)
