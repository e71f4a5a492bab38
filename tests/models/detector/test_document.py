"""docs/detector.md names the constants and the saved arrays as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.detector import DetectorBank
from models.detector.bank import LARGEST
from models.detector.kernels import calibrate, decide, explain, normalise
from models.detector.state import SHAPING
from models.state import unpack
from tests.models.detector.runs import KEY, feed, noise, small

PAGE = " ".join(
    (Path(__file__).parents[3] / "docs/detector.md").read_text(encoding="utf-8").split()
)

CONSTANTS = {
    f"within +-2^{normalise.LARGEST.hex()[-2:]}": "LARGEST of normalise",
    f"min({normalise.SETTLE}, `warmup` / 2)": "SETTLE",
    f"closer than 2^{int(normalise.RESOLUTION.hex().split('p')[1])} of": "RESOLUTION",
    f"the scale {normalise.ROOM} s": "ROOM",
    f"s <= scale <= {normalise.SLACK:g} s": "SLACK",
    f"limited to {normalise.CLIP:g} scales": "CLIP",
    f"once {normalise.FEW} values were seen": "FEW",
    f"newest {calibrate.WINDOW} scores": "WINDOW",
    f"{1 - calibrate.TAIL:.0%} quantile".replace("%", " %"): "TAIL",
    f"within {calibrate.LOWEST_SHAPE} .. {calibrate.HIGHEST_SHAPE}": "bounds of the shape",
    f"({calibrate.SHAPE_WEIGHT:g} x {calibrate.PRIOR_SHAPE} + n found)": "prior of the shape",
    f"to 1/{calibrate.SHAPE_STEPS}": "SHAPE_STEPS",
    f"{calibrate.PRIOR_WEIGHT:g} x {calibrate.PRIOR_EXCESS} median": "prior of the mean",
    f"at least {calibrate.LEAST_EXCESS} median": "LEAST_EXCESS",
    f"at least {calibrate.ENOUGH} scores": "ENOUGH",
    f"p is below {calibrate.UNUSUAL:g}": "UNUSUAL",
    f"more than 1/{calibrate.GRACE} of the window": "GRACE",
    f"beyond {int(decide.CEILING * 8)}/8 of the way": "CEILING",
    f"Values beyond {LARGEST:.0e}".replace("+", ""): "LARGEST of the bank",
}


@pytest.mark.parametrize("phrase", CONSTANTS, ids=CONSTANTS.values())
def test_the_constant_in_force_is_in_the_document(phrase: str) -> None:
    assert phrase in PAGE


def test_the_constants_that_are_written_out() -> None:
    assert "every eighth is" in PAGE
    assert calibrate.PATIENCE == 8
    assert "more than a tenth of the attribution" in PAGE
    assert explain.BLAMED == 0.1
    assert "14 significant bits" in PAGE
    assert normalise.SPLIT == 2 ** (53 - 14) + 1


def test_what_is_saved_is_in_the_document() -> None:
    bank = DetectorBank(small())
    feed(bank, noise(30))
    state = unpack(bank.dump(KEY), "detector")
    own = list(state.arrays)[: list(state.arrays).index("imputed") + 1]
    assert len(own) == 12
    for name in [*own, *SHAPING, *state.meta["config"]]:
        assert f"`{name}`" in PAGE
