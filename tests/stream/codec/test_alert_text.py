from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.codec.alert import SEVERITY_FROM_GRADE, severity_of
from stream.codec.alert_text import plain, summary, title
from stream.codec.reasons import ScoreReason
from stream.codec.score import Attribution, Expected, ScoreRecord, Source


def score(
    values: dict[str, float],
    shares: dict[str, float],
    entity: str = "s1",
    probability: float = 1e-4,
    imputed: tuple[str, ...] = (),
) -> ScoreRecord:
    """An anomaly where 0 to 2 is expected of every feature."""
    return ScoreRecord(
        "water",
        entity,
        "2024-05-01T12:00:00.000000Z",
        dict(values),
        1.0,
        probability,
        0.5,
        1.0,
        0.5,
        {name: Expected(1.0, 0.0, 2.0) for name in values},
        {name: Attribution(share, "high") for name, share in shares.items()},
        "anomaly",
        (ScoreReason.SCORE_ABOVE_THRESHOLD,),
        imputed,
        9,
        Source("t", 0, 0),
    )


def test_the_features_that_made_the_score_are_named_greatest_first() -> None:
    told = score({"a": 3, "b": -5.5, "c": 9}, {"a": 0.3, "b": 0.5, "c": 0.2})
    assert title(told) == "water: b of s1 is lower than expected"
    assert summary(told) == (
        "b was -5.5, where 1 (0 to 2) was expected; a was 3, where 1 (0 to 2) was expected. "
        "About 1 in 10,000 normal records scores this high."
    )


def test_a_feature_within_its_band_is_named_only_alone() -> None:
    assert "a was" not in summary(score({"a": 1, "b": 3}, {"a": 0.6, "b": 0.4}))
    told = score({"a": 1, "b": 3}, {"a": 0.9, "b": 0.1}, entity="all")
    assert title(told) == "water: a shows an unusual pattern"
    assert summary(told).startswith("a was 1, within the expected 0 to 2, but in an unusual")


def test_an_estimate_is_called_one() -> None:
    told = score({"a": 3.25}, {"a": 1.0}, imputed=("a",))
    assert summary(told).startswith("a was estimated at 3.25, where")


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (0.000213, "About 1 in 4,700 normal"),
        (1e-9, "About 1 in 1,000,000,000 normal"),
        (9e-10, "Fewer than 1 in 1,000,000,000 normal"),
        (1e-300, "Fewer than"),
    ],
)
def test_rarity_is_told_to_two_digits(probability: float, words: str) -> None:
    assert words in summary(score({"a": 3}, {"a": 1.0}, probability=probability))


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.1 + 0.2, "0.3"), (1e-7, "1e-07"), (123456.7, "123,457"), (99999.96, "100000"), (-2, "-2")],
)
def test_numbers_are_short(number: float, text: str) -> None:
    assert plain(number) == text


@given(st.floats(0.0, 1.0))
def test_every_grade_has_its_severity(grade: float) -> None:
    fitting = [severity for least, severity in SEVERITY_FROM_GRADE if grade >= least]
    assert severity_of(grade) == fitting[0]


def test_severities_begin_where_the_table_says() -> None:
    found = [severity_of(grade) for grade in (0.0, 0.2499, 0.25, 0.7499, 0.75, 1.0)]
    assert found == ["info", "info", "warning", "warning", "critical", "critical"]


def test_an_anomaly_that_is_not_explained_is_told_by_its_values() -> None:
    told = score({"a": 3, "b": -5.5}, {}, imputed=("b",))
    told = msgspec.structs.replace(told, expected=None, attribution=None)
    assert title(told) == "water: a, b of s1 shows an unusual pattern"
    assert summary(told) == (
        "a was 3; b was estimated at -5.5, an unusual pattern. "
        "About 1 in 10,000 normal records scores this high."
    )
