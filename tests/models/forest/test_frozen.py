"""States that were saved once must load for ever, and go on as they did then.

tests/data/forest-v*.bin are saved states; the JSON beside each holds the records that came next, and their scores.
`freeze` makes them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.forest import ForestArena, RandomCutForest
from models.state import VERSION, unpack
from tests.models.forest import first_version
from tests.models.forest.freeze import DATA
from tests.models.forest.invariants import bound_of, outline, pointers
from tests.naive_reservoir import Forest

FROZEN = sorted(DATA.glob("forest-v*.bin"))
FIRST, NEWEST = DATA / "forest-v1.bin", DATA / f"forest-v{VERSION}.bin"


def following(path: Path) -> dict[str, Any]:
    return json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))


def test_every_version_has_its_frozen_state() -> None:
    assert [path.name for path in FROZEN] == [f"forest-v{v}.bin" for v in range(1, VERSION + 1)]


@pytest.mark.parametrize("path", [NEWEST], ids=lambda path: path.stem)
def test_a_frozen_state_goes_on(path: Path) -> None:
    forest, then = RandomCutForest.from_bytes(path.read_bytes()), following(path)
    for record, score in zip(then["records"], then["scores"], strict=True):
        assert forest.score_one(record) == pytest.approx(score, rel=1e-9)
        forest.learn_one(record)
    shares = forest.attribute_one(then["records"][0])
    for name, share in then["shares"].items():
        assert shares[name] == pytest.approx(share, rel=1e-9)


def test_the_newest_frozen_state_is_saved_as_it_was() -> None:
    """The compressed bytes may differ between versions of zlib; what they hold may not."""
    state = NEWEST.read_bytes()
    before = unpack(state, "forest")
    after = unpack(RandomCutForest.from_bytes(state).dump(), "forest")
    assert after.meta == before.meta
    assert after.arrays.keys() == before.arrays.keys()
    for name, array in before.arrays.items():
        assert after.arrays[name].dtype == array.dtype
        assert np.array_equal(after.arrays[name], array)


def test_the_first_version_keeps_its_samples_and_all_cuts_above_its_buckets() -> None:
    forest, twin = first()
    compare(arena_of(forest), twin)
    for record in following(FIRST)["records"]:
        forest.learn_one(record)
        twin.learn(np.array([record["flow"], record["level"]]))
    compare(arena_of(forest), twin)


def test_the_first_version_scores_nearly_as_it_did() -> None:
    """Buckets draw other cuts than it had stored, of the same law."""
    forest, _ = first()
    then = following(FIRST)
    scores = []
    for record in then["records"]:
        scores.append(forest.score_one(record))
        forest.learn_one(record)
    ratios = np.array(scores) / then["scores"]
    assert ratios.mean() == pytest.approx(1.0, abs=0.02)
    assert np.abs(ratios - 1).max() < 0.3
    assert np.corrcoef(scores, then["scores"])[0, 1] > 0.9


def test_the_first_version_is_saved_as_the_newest() -> None:
    forest, _ = first()
    again = RandomCutForest.from_bytes(forest.dump())
    assert again.dump() == forest.dump()
    compare(arena_of(again), first()[1])


def first() -> tuple[RandomCutForest, Forest]:
    """The saved forest of version 1, and its twin."""
    state = FIRST.read_bytes()
    forest = RandomCutForest.from_bytes(state)
    arrays = unpack(state, "forest").arrays
    return forest, first_version.read(arrays, arena_of(forest).config)


def arena_of(forest: RandomCutForest) -> ForestArena:
    assert forest._arena is not None
    return forest._arena


def compare(arena: ForestArena, twin: Forest) -> None:
    assert arena.forests.slots[0]["seen"] == twin.seen
    for tree, root in enumerate(twin.trees):
        assert outline(pointers(arena, 0, tree)) == outline(root)
        assert bound_of(arena, 0, tree) == twin.reservoirs[tree].bound % 2**64
