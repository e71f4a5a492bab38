from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.tables.reading import (
    Alert,
    Item,
    Recommendation,
    Unreadable,
    read_alert,
    read_recommendation,
)
from tests.stream.tables.records import ALERTS, NOON, SECOND, alert, recommendation, record


def test_an_alert_is_read() -> None:
    read = read_alert(alert(7, 1.5, severity="critical", probability=1e-5, more={"new": 1}))
    assert isinstance(read, Alert)
    assert (read.id, read.detector, read.entity) == ("flows-0-7-pipes-alert", "pipes", "a")
    assert (read.time, read.grade, read.probability) == (NOON + 1_500_000, 0.5, 1e-5)
    assert (read.severity, read.title, read.summary) == ("critical", "alert 7", "seen at 7")
    assert (read.source.topic, read.source.partition, read.source.offset) == ("flows", 0, 7)


def test_what_an_alert_can_do_without() -> None:
    value = json.loads(alert(7, 0, grade=0.3).value or b"")
    del value["title"], value["summary"]
    read = read_alert(record(ALERTS, json.dumps(value).encode()))
    assert isinstance(read, Alert)
    assert (read.severity, read.title, read.summary) == ("warning", "pipes: a", "")


@pytest.mark.parametrize("field", ["id", "detector", "entity", "time", "grade", "source"])
def test_what_an_alert_cannot_do_without(field: str) -> None:
    value = json.loads(alert(7, 0).value or b"")
    del value[field]
    read = read_alert(record(ALERTS, json.dumps(value).encode()))
    assert isinstance(read, Unreadable)
    assert f"`{field}`" in read.detail


def test_a_time_that_is_none() -> None:
    read = read_alert(alert(7, 0, time="yesterday"))
    assert read == Unreadable("The time of an alert must be RFC 3339, got 'yesterday'.")
    told = read_recommendation(recommendation(7, 0, time="yesterday"))
    assert isinstance(told, Unreadable)


def test_a_recommendation_is_read() -> None:
    assert read_recommendation(recommendation(3, 2, items=("x", "y"))) == Recommendation(
        "r3", "u", NOON + 2 * SECOND, (Item("x", 0.5, "trending"), Item("y", 0.5, "trending"))
    )


def test_what_a_recommendation_can_do_without() -> None:
    bare = record("t", b'{"items": [{"item": 5}]}', b"u", offset=4)
    assert read_recommendation(bare) == Recommendation("t-0-4", "u", NOON, (Item(5),))
    numbered = record("t", b'{"items": [], "user": 9, "id": 1, "time": 1714564800}', None)
    assert read_recommendation(numbered) == Recommendation("1", "9", NOON, ())


@pytest.mark.parametrize("key", [None, b"", b"\xff"])
def test_a_recommendation_names_its_user(key: bytes | None) -> None:
    assert isinstance(read_recommendation(record("t", b'{"items": []}', key)), Unreadable)


@given(st.none() | st.binary(max_size=30) | st.from_regex(rb'\{"items": ?\[.{0,20}'))
def test_any_bytes_are_read_or_told_of(value: bytes | None) -> None:
    assert isinstance(read_alert(record("t", value)), Alert | Unreadable)
    assert isinstance(read_recommendation(record("t", value)), Recommendation | Unreadable)
