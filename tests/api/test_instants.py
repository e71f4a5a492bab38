from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.instants import instant_text, parse_instant

moments = st.datetimes(
    datetime(1, 1, 2),
    datetime(9999, 12, 30),
    timezones=st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)


def micros(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@given(moments)
def test_every_rfc_3339_time_is_understood(moment: datetime) -> None:
    text = moment.isoformat()
    assert parse_instant(text) == micros(moment)
    assert parse_instant(text.replace("T", " ").replace("+", " ")) == micros(moment)


@pytest.mark.parametrize("scale", [1, 10**3, 10**6, 10**9])
@given(st.integers(1_000_000_000, 4_000_000_000))
def test_every_unit_of_the_epoch_is_understood(scale: int, seconds: int) -> None:
    assert parse_instant(str(seconds * scale)) == seconds * 10**6
    if scale == 1:
        assert parse_instant(str(-seconds)) == -seconds * 10**6


@given(st.integers(-62_135_596_800, 10**20 - 1))
def test_every_integer_that_is_described_is_a_time(number: int) -> None:
    assert isinstance(parse_instant(str(number)), int)


@given(moments)
def test_what_is_answered_can_be_asked(moment: datetime) -> None:
    text = instant_text(micros(moment))
    assert text is not None
    assert text.endswith("Z")
    assert parse_instant(text) == micros(moment)


@given(st.text(max_size=40))
def test_anything_else_is_refused_with_the_rule(text: str) -> None:
    message = ""
    try:
        assert isinstance(parse_instant(text), int)
    except ValueError as error:
        message = str(error)
    assert not message or message.startswith("must be an RFC 3339 time such as")


@pytest.mark.parametrize(
    "text",
    [
        "1e3",
        "-62135596801",
        "-4000000000000",
        "0x10",
        "1_000",
        "١٢٣",
        "-",
        "+5",
        " 5",
        "9" * 5000,
        "NaN",
    ],
)
def test_no_other_number_is_a_time(text: str) -> None:
    with pytest.raises(ValueError, match="an integer since the epoch"):
        parse_instant(text)
