"""A score that calibration can take, whatever River answers."""

from __future__ import annotations

import random
from typing import Any

import pytest

from models.detector import DetectorConfig
from models.detector.mixture.scorer import LEAST, MOST, PATIENCE, SETTLED, Scorer

CONFIG = DetectorConfig(features=("a",), shingle_size=1)


class Answers:
    """A model that answers what it is told to."""

    _supervised = False

    def __init__(self, answers: list[Any]) -> None:
        self._answers = iter(answers)

    def score_one(self, x: dict[str, float]) -> Any:
        return next(self._answers)

    def learn_one(self, x: dict[str, float]) -> None:
        """Learns nothing."""


def scored(answers: list[Any]) -> tuple[Scorer, list[float | None]]:
    scorer = Scorer({"OneClassSVM": {}}, CONFIG)
    scorer._model = Answers(answers)
    # The first record is learned only.
    return scorer, [scorer.step({"a": 1.0}, 1.0) for _ in range(len(answers) + 1)][1:]


def usual(n: int, scale: float = 1.0) -> list[float]:
    rng = random.Random(1)
    return [scale * rng.gauss(5.0, 1.0) for _ in range(n)]


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_a_score_is_told_in_deviations(scale: float) -> None:
    _, placed = scored([*usual(300, scale), 15.0 * scale])
    assert placed[-1] == pytest.approx(10.0 - LEAST, rel=0.2)
    assert placed[SETTLED - 1] is None
    assert all(one is not None and 0.0 <= one < 10.0 for one in placed[SETTLED:-1])


def test_answers_of_0_before_any_other_do_not_count() -> None:
    _, placed = scored([0.0] * 500 + usual(SETTLED + 5))
    assert placed[: 500 + SETTLED] == [None] * (500 + SETTLED)
    assert None not in placed[500 + SETTLED :]


def test_an_outlier_does_not_blind_the_rest() -> None:
    _, placed = scored([*usual(300), 1e30, 15.0])
    assert placed[-2] == MOST - LEAST
    assert placed[-1] == pytest.approx(10.0 - LEAST, rel=0.25)


@pytest.mark.parametrize("answer", [float("nan"), float("inf"), 1j, 1e200, "much", None])
def test_what_is_no_score_is_no_opinion(answer: Any) -> None:
    scorer, placed = scored([*usual(100), answer, 5.0])
    assert placed[-2] is None
    assert placed[-1] is not None
    assert not scorer.excused


def test_a_model_that_fails_again_and_again_is_begun_anew() -> None:
    scorer, placed = scored([*usual(100), *[1j] * PATIENCE])
    assert placed[-PATIENCE:] == [None] * PATIENCE
    assert scorer.excused
    assert not isinstance(scorer._model, Answers)
