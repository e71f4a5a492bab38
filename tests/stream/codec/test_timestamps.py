from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.codec.timestamps import FIRST, LAST, all_to_rfc3339, to_microseconds, to_rfc3339

NOON = 1_714_564_800_000_000  # 2024-05-01T12:00:00Z


@pytest.mark.parametrize(
    ("value", "micros"),
    [
        ("2024-05-01T12:00:00Z", NOON),
        ("2024-05-01t12:00:00z", NOON),
        ("2024-05-01T14:00:00+02:00", NOON),
        ("2024-05-01 12:00:00", NOON),
        ("2024-05-01T12:00:00.25Z", NOON + 250_000),
        ("2024-05-01T12:00:00.123456789Z", NOON + 123_456),
        ("2024-05-01", NOON - 43_200_000_000),
        (1_714_564_800, NOON),
        (1_714_564_800.25, NOON + 250_000),
        (1_714_564_800_000, NOON),
        (1_714_564_800_000_000, NOON),
        (1_714_564_800_000_000_999, NOON),
        (0, 0),
        (-1, -1_000_000),
        (-(10**18), -(10**15)),
        ("0001-01-01T00:00:00Z", FIRST),
        ("9999-12-31T23:59:59.999999Z", LAST),
    ],
)
def test_what_is_a_time(value: object, micros: int) -> None:
    assert to_microseconds(value) == micros


@pytest.mark.parametrize(
    "value",
    [
        "",
        "noon",
        "1714564800",
        "20240501T120000Z",
        "2024-W18-3",
        "2024-13-01T00:00:00Z",
        "2024-05-01T25:00:00Z",
        "0001-01-01T00:00:00+05:00",
        "9999-12-31T23:59:59-05:00",
        float("nan"),
        float("inf"),
        10**30,
        10**21,
        True,
        None,
        [],
        {},
    ],
)
def test_what_is_no_time(value: object) -> None:
    assert to_microseconds(value) is None


@given(st.integers(FIRST, LAST))
def test_text_round_trip(micros: int) -> None:
    text = to_rfc3339(micros)
    assert to_microseconds(text) == micros
    exact = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    assert text == exact.isoformat(timespec="microseconds").replace("+00:00", "Z")


def test_many_are_as_each() -> None:
    times = [FIRST, -1, 0, NOON, LAST]
    assert all_to_rfc3339(times) == [to_rfc3339(time) for time in times]
    assert all_to_rfc3339([]) == []
