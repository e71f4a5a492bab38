"""Choosing by chance: the probabilities are what they say."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.recommend.serving.exploration import CERTAIN, choose, inclusion, start_of

likenesses = st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=30).map(np.array)


@given(likenesses, st.floats(0.001, 40), st.floats(0.001, 1))
def test_probabilities_sum_up_to_the_expected_number(
    likeness: np.ndarray, expected: float, chance: float
) -> None:
    chances = inclusion(likeness, expected, chance)
    assert chances.min() >= 0
    assert chances.max() <= CERTAIN
    assert chances.sum() == round(min(expected, len(likeness)) * CERTAIN)
    order = np.argsort(likeness)
    # Whole numbers, so one unit may be given to either of two alike.
    assert (np.diff(chances[order]) >= -len(likeness)).all()


@given(likenesses, st.floats(0.001, 40), st.integers(0, CERTAIN - 1))
def test_as_many_are_chosen_as_the_probabilities_say(
    likeness: np.ndarray, expected: float, start: int
) -> None:
    chances = inclusion(likeness, expected, 0.2)
    chosen = choose(chances, start)
    assert chosen.sum() in {int(chances.sum()) // CERTAIN, -(-int(chances.sum()) // CERTAIN)}
    assert chosen[chances == CERTAIN].all()
    assert not chosen[chances == 0].any()


@given(st.lists(st.integers(0, 64), min_size=1, max_size=12))
def test_every_start_together_chooses_each_as_often_as_its_probability(parts: list[int]) -> None:
    chances = np.array(parts, np.int64) * (CERTAIN // 64)
    starts = range(CERTAIN // 128, CERTAIN, CERTAIN // 64)
    times = sum(choose(chances, start).astype(int) for start in starts)
    assert times.tolist() == parts


def test_starts_are_even_and_depend_on_user_and_draw() -> None:
    starts = np.array([start_of(7, f"user-{k % 50}", k // 50) for k in range(20_000)])
    counts = np.bincount(starts // (CERTAIN // 16), minlength=16)
    # Chi-squared with 15 degrees of freedom: 37.7 at one in a thousand.
    assert ((counts - 1250) ** 2 / 1250).sum() < 37.7
    assert start_of(7, "user", 3) == start_of(7, "user", 3)
    assert (
        len(
            {
                start_of(7, "user", 3),
                start_of(8, "user", 3),
                start_of(7, None, 3),
                start_of(7, "user", 4),
            }
        )
        == 4
    )


@settings(max_examples=20)
@given(likenesses, st.floats(0.5, 4))
def test_frequencies_match_probabilities(likeness: np.ndarray, expected: float) -> None:
    chances = inclusion(likeness, expected, 0.3)
    draws = 2_000
    times = sum(choose(chances, start_of(1, "user", k)).astype(int) for k in range(draws))
    p = chances / CERTAIN
    # Five deviations, and room for a probability near none.
    assert (np.abs(times - draws * p) <= 5 * np.sqrt(draws * p * (1 - p)) + 1).all()
