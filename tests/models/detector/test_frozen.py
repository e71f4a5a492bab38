"""States that were saved once must load for ever, and go on as they did then.

tests/data/detector-v*.bin are saved states; the JSON beside each holds the configuration, the records that came next,
and the decisions on them. `freeze` makes them.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.detector import DetectorBank, DetectorConfig, describe
from models.state import VERSION, unpack
from tests.models.detector.freeze import DATA, MOMENTS, told
from tests.models.detector.runs import KEY, feed

FROZEN = sorted(DATA.glob("detector-v*.bin"))
FIRST, NEWEST = ([DATA / f"detector-v{v}{name}.bin" for name in MOMENTS] for v in (1, VERSION))


def loaded(path: Path) -> DetectorBank:
    config = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["config"]
    bank = DetectorBank(DetectorConfig(**config | {"features": tuple(config["features"])}))
    bank.load(KEY, path.read_bytes())
    return bank


def test_every_version_has_its_frozen_states() -> None:
    names = {f"detector-v{v}{name}.bin" for v in range(1, VERSION + 1) for name in MOMENTS}
    assert {path.name for path in FROZEN} == names


def decided(path: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What is decided on the records that come next, and what was decided on them then."""
    following = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    records = [[math.nan if x is None else x for x in record] for record in following["records"]]
    decisions = told(feed(loaded(path), np.array(records)))
    assert len(decisions) == len(following["decisions"])
    return decisions, following["decisions"]


@pytest.mark.parametrize("path", NEWEST, ids=lambda path: path.stem)
def test_a_frozen_state_goes_on(path: Path) -> None:
    for found, expected in zip(*decided(path), strict=True):
        assert found.keys() == expected.keys()
        assert found.pop("status") == expected.pop("status")
        # Roots and powers may differ by a bit between machines.
        for name, value in expected.items():
            flat = np.ravel(np.array(value, np.float64))
            assert np.ravel(found[name]) == pytest.approx(flat, rel=1e-9, abs=1e-12), name


@pytest.mark.parametrize("path", FIRST, ids=lambda path: path.stem)
def test_the_first_version_goes_on_nearly_as_it_did(path: Path) -> None:
    """Its forest keeps its samples and draws some cuts anew: scores are like those of then, all else is the same."""
    found, expected = decided(path)
    for name in ("observations", "values", "imputed", "confidence"):
        assert [one[name] for one in found] == [one[name] for one in expected], name
    scores = np.array([[one["score"] for one in decisions] for decisions in (found, expected)])
    assert scores[0].mean() == pytest.approx(scores[1].mean(), rel=0.03)
    statuses = [[one["status"] for one in decisions] for decisions in (found, expected)]
    assert sum(a != b for a, b in zip(*statuses, strict=True)) <= 2


@pytest.mark.parametrize("path", FROZEN, ids=lambda path: path.stem)
def test_a_frozen_state_can_be_described(path: Path) -> None:
    said = describe(path.read_bytes())
    assert said["observations"] > 0
    assert list(said["features"]) == ["f0", "f1"]


@pytest.mark.parametrize("path", NEWEST, ids=lambda path: path.stem)
def test_the_newest_frozen_state_is_saved_as_it_was(path: Path) -> None:
    """The compressed bytes may differ between versions of zlib; what they hold may not."""
    before = unpack(path.read_bytes(), "detector")
    after = unpack(loaded(path).dump(KEY), "detector")
    assert after.meta == before.meta
    assert after.arrays.keys() == before.arrays.keys()
    for name, array in before.arrays.items():
        assert after.arrays[name].dtype == array.dtype, name
        assert array.tobytes() == after.arrays[name].tobytes(), name
