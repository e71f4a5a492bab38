"""When a key is judged for the first time, and what is said until then."""

from __future__ import annotations

import numpy as np
import pytest

from models.detector.decisions import WARMING
from models.detector.kernels.calibrate import ENOUGH
from models.detector.kernels.normalise import SETTLE
from tests.models.detector.runs import flagged, noise, run, small


def first_judged(**parameters: object) -> int:
    """How many records come before the first that is judged."""
    decisions = run(small(**parameters), noise(400))
    judged = np.flatnonzero(decisions.status != WARMING)
    assert (decisions.status[judged[0] :] != WARMING).all()
    return int(judged[0])


def test_until_then_nothing_is_said() -> None:
    config = small(shingle_size=4, sample_size=64, warmup=80)
    stream = noise(400)
    stream[60] = 1e6
    decisions = run(config, stream)
    warming = decisions.status == WARMING
    assert warming.sum() == 80
    assert (decisions.probability[warming] == 1.0).all()
    for name in ("threshold", "grade"):
        assert not getattr(decisions, name)[warming].any()
    assert (decisions.detail[warming] == -1).all()
    assert decisions.observations.tolist() == list(range(1, 401))
    assert (decisions.threshold[~warming] > 0.0).all()


@pytest.mark.parametrize(
    ("shingle_size", "sample_size", "warmup"),
    [(1, 256, None), (8, 256, None), (8, 256, 60), (1, 16, 120), (64, 64, None), (64, 16, 100)],
)
def test_warming_ends_when_it_is_said_to(
    shingle_size: int, sample_size: int, warmup: int | None
) -> None:
    said = shingle_size + sample_size // 2 if warmup is None else warmup
    parameters = {"shingle_size": shingle_size, "sample_size": sample_size, "warmup": warmup}
    assert first_judged(**parameters, n_trees=2) == said


@pytest.mark.parametrize(
    ("shingle_size", "warmup", "first_score"),
    [
        # The first score that counts comes after settling and a quarter of what is left of the warm-up.
        (1, 1, 1),
        (2, None, 5 + 1),
        (4, 5, 4),
        (1, 20, 10 + 2),
        (64, 1, 64),
        (100, None, 100),
    ],
)
def test_a_short_warmup_is_prolonged_until_there_are_scores_to_judge_by(
    shingle_size: int, warmup: int | None, first_score: int
) -> None:
    judged = first_judged(shingle_size=shingle_size, warmup=warmup)
    assert judged == first_score + ENOUGH


@pytest.mark.parametrize(("shingle_size", "warmup"), [(1, 1), (4, 1), (8, 40), (4, 200), (64, 1)])
def test_scores_start_with_the_first_full_shingle_after_settling(
    shingle_size: int, warmup: int
) -> None:
    config = small(shingle_size=shingle_size, warmup=warmup)
    settling = min(SETTLE, config.records_to_warm // 2)
    decisions = run(config, noise(150))
    scored = np.flatnonzero(decisions.score > 0.0)
    # The first full shingle has nothing to be compared with, unless settling learned some.
    assert scored[0] == max(settling, shingle_size)
    assert (decisions.score[scored[0] :] > 0.0).all()
    assert not decisions.confidence[:settling].any()


def test_the_confidence_grows_with_the_sample() -> None:
    config = small(sample_size=64, shingle_size=3)
    confidence = run(config, noise(300)).confidence
    assert (np.diff(confidence) >= 0.0).all()
    # While record i is judged, i - 2 points were learned.
    assert confidence[40] == pytest.approx((40 - 2) / 64)
    assert confidence[66:].tolist() == [1.0] * len(confidence[66:])


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_the_first_records_need_no_scale_known_beforehand(scale: float) -> None:
    stream = scale * (1000.0 + noise(300))
    assert len(flagged(run(small(warmup=30, shingle_size=1), stream))) < 8
