from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.codec.json_text import Undecodable
from stream.records import Record, TopicPartition
from stream.tables import AlertRow, Episodes, Ledger
from tests.stream.tables.records import (
    ALERTS,
    NOON,
    RECOMMENDATIONS,
    SECOND,
    alert,
    recommendation,
    record,
)

MINUTE = 60 * SECOND
QUIET, KEEP, KEEP_RECOMMENDATIONS = 5 * MINUTE, 60 * MINUTE, 120 * MINUTE


def ledger(
    owns: Callable[[TopicPartition], bool] = lambda tp: True,
    alert_json: Callable[[bytes], bytes | Undecodable] = lambda value: value,
) -> Ledger:
    return Ledger(
        alerts={ALERTS: {}},
        recommendations={RECOMMENDATIONS: {}},
        episodes=Episodes(QUIET, KEEP),
        keep_recommendations=KEEP_RECOMMENDATIONS,
        alert_json=alert_json,
        owns=owns,
    )


def filled(records: Iterable[Record], received: int = NOON) -> Ledger:
    found = ledger()
    for each in records:
        found.take(each, received)
    return found


def row_of(found: Ledger, entity: str = "a") -> AlertRow:
    place = found.alert_of("pipes", entity)
    assert place is not None
    return place.row


def test_an_alert_opens_a_row() -> None:
    row = row_of(filled([alert(7, 0, grade=0.8)], received=NOON + 9))
    assert (row.id, row.opened, row.last_seen, row.count) == (
        "flows-0-7-pipes-alert",
        NOON,
        NOON,
        1,
    )
    assert (row.peak.severity, row.peak.grade, row.peak.title) == ("critical", 0.8, "alert 7")
    assert (row.closed, row.acknowledged, row.received) == (None, None, NOON + 9)


def test_more_alerts_make_one_episode() -> None:
    grades = [0.1, 0.9, 0.4, 0.9]
    row = row_of(filled(alert(i, 60 * i, grade=grade) for i, grade in enumerate(grades)))
    assert (row.id, row.opened, row.last_seen) == (
        "flows-0-0-pipes-alert",
        NOON,
        NOON + 3 * MINUTE,
    )
    assert (row.count, row.peak.title, row.peak.severity) == (4, "alert 1", "critical")


def test_an_alert_after_the_quiet_time_begins_anew() -> None:
    just = filled([alert(0, 0, grade=0.9), alert(1, 300)])
    assert row_of(just).count == 2
    after = filled([alert(0, 0, grade=0.9), alert(1, 300.000001)])
    row = row_of(after)
    assert (row.count, row.id, row.peak.grade) == (1, "flows-0-1-pipes-alert", 0.5)


def test_a_late_alert_moves_no_time() -> None:
    row = row_of(filled([alert(0, 0), alert(1, -3600)]))
    assert (row.opened, row.last_seen, row.count) == (NOON, NOON, 2)


def test_entities_and_detectors_have_rows_of_their_own() -> None:
    found = filled([alert(0, 0), alert(1, 0, entity="b/c"), alert(2, 0, detector="pumps")])
    assert len(list(found.alert_rows())) == 3
    assert row_of(found, "b/c").entity == "b/c"


def test_the_clock_closes_what_is_quiet() -> None:
    found = filled([alert(0, -9000, grade=0.8)])
    assert found.pass_time(NOON + QUIET) == {"info": 0, "warning": 0, "critical": 1}
    assert row_of(found).closed is None
    assert found.pass_time(NOON + QUIET + 1) == {"info": 0, "warning": 0, "critical": 0}
    # By event time, whatever the clock said.
    assert row_of(found).closed == NOON - 9000 * SECOND + QUIET


def test_later_events_close_what_is_quiet() -> None:
    found = filled([alert(0, -600), alert(1, -299, entity="b"), alert(2, -300, entity="c")])
    found.pass_time(NOON)
    assert row_of(found).closed == NOON - 5 * MINUTE
    assert row_of(found, "b").closed is None
    assert row_of(found, "c").closed is None


def test_an_entity_of_the_future_closes_nobody() -> None:
    found = filled([alert(0, -60), alert(1, 1e6, entity="b")])
    found.pass_time(NOON)
    assert row_of(found).closed is None


def test_an_alert_within_the_quiet_time_opens_again() -> None:
    found = filled([alert(0, 0)])
    found.pass_time(NOON + QUIET + 1)
    found.take(alert(1, 200), NOON + 2 * QUIET)
    row = row_of(found)
    assert (row.closed, row.count, row.opened) == (None, 2, NOON)


def test_closed_rows_are_kept_for_a_while() -> None:
    found = filled([alert(0, 0)])
    found.pass_time(NOON + QUIET + 1)
    found.pass_time(NOON + QUIET + KEEP)
    assert row_of(found).closed is not None
    found.pass_time(NOON + QUIET + KEEP + 1)
    assert list(found.alert_rows()) == []


def test_an_acknowledgement_lasts_for_the_episode() -> None:
    found = filled([alert(0, 0)])
    assert found.acknowledge("pipes", "nobody", None, NOON) is None
    found.acknowledge("pipes", "a", "ann", NOON + 1)
    found.acknowledge("pipes", "a", "bob", NOON + 2)
    found.take(alert(1, 10), NOON)
    noticed = row_of(found).acknowledged
    assert noticed is not None
    assert (noticed.time, noticed.by) == (NOON + 1, "ann")
    found.take(alert(2, 1000), NOON)
    assert row_of(found).acknowledged is None


def test_an_input_that_begins_anew_is_followed() -> None:
    found = filled([alert(500, 0), alert(3, 60)])
    assert row_of(found).count == 2
    assert found.take(alert(3, 60), NOON) == "repeated"


def test_the_latest_recommendation_is_kept() -> None:
    found = filled([recommendation(0, 0), recommendation(1, 60, items=("y", "z"))])
    assert found.take(recommendation(2, 30), NOON) == "repeated"
    row = found.recommendation_of("u")
    assert row is not None
    assert ([item.item for item in row.items], row.id, row.offset) == (["y", "z"], "r1", 1)
    assert found.recommendation_of("v") is None


def test_a_forgotten_user_has_no_row_any_more() -> None:
    found = filled([recommendation(0, 0), recommendation(1, 0, user="v")])
    gone = record(RECOMMENDATIONS, None, b"u", 2)
    assert (found.take(gone, NOON), found.take(gone, NOON)) == ("taken", "repeated")
    assert found.recommendation_of("u") is None
    assert found.recommendation_of("v") is not None
    assert found.take(recommendation(3, 60), NOON) == "taken"
    assert found.take(gone, NOON) == "repeated"
    assert found.recommendation_of("u") is not None


def test_stale_recommendations_are_dropped() -> None:
    found = filled([recommendation(0, 0)])
    found.pass_time(NOON + KEEP_RECOMMENDATIONS)
    assert found.recommendation_of("u") is not None
    found.pass_time(NOON + KEEP_RECOMMENDATIONS + 1)
    assert found.recommendation_of("u") is None


def test_poison_is_passed_over_and_told_of(caplog: pytest.LogCaptureFixture) -> None:
    found = ledger()
    with caplog.at_level(logging.WARNING):
        assert found.take(record(ALERTS, b"\xff", offset=9), NOON) == "unreadable"
        assert found.take(record(RECOMMENDATIONS, None, None), NOON) == "unreadable"
    assert "flows.alerts-0@9: The value is no alert record" in caplog.text
    assert list(found.alert_rows()) == []


def test_alerts_of_other_formats_are_read_as_their_json() -> None:
    plain = alert(0, 0)
    known = {b"framed": plain.value or b""}
    found = ledger(alert_json=lambda value: known.get(value, Undecodable("No such schema.")))
    assert found.take(plain._replace(value=b"framed"), NOON) == "taken"
    assert found.take(plain._replace(value=b"other"), NOON) == "unreadable"
    assert row_of(found).count == 1


def test_rows_of_others_are_neither_shown_nor_changed() -> None:
    mine = {0}
    found = ledger(lambda tp: tp.partition in mine)
    found.take(alert(0, 0), NOON)
    found.take(alert(0, 0, entity="b", partition=1), NOON)
    assert [each.row.entity for each in found.alert_rows()] == ["a"]
    found.pass_time(NOON + QUIET + KEEP + 1)
    found.pass_time(NOON + QUIET + KEEP + 1)
    mine.add(1)
    assert [(each.row.entity, each.row.closed) for each in found.alert_rows()] == [("b", None)]


def test_an_entity_that_moved_is_shown_by_its_latest_row() -> None:
    found = filled([alert(9, 0), alert(2, 60, partition=1)])
    assert len(list(found.alert_rows())) == 2
    assert row_of(found).last_seen == NOON + MINUTE


_LOG = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.integers(-2000, 2000),
        st.sampled_from([0.0, 0.25, 0.5, 1.0]),
    ),
    max_size=12,
)
_REWINDS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=4)


def _redelivered(log: list[Any], rewinds: list[tuple[int, int]]) -> Iterable[Any]:
    """The log as Kafka delivers it when its reader falls back from `at` to `back` now and then."""
    position, rest = 0, sorted(rewinds)
    while position < len(log):
        yield log[position]
        position += 1
        if rest and position >= rest[0][0]:
            position = min(position, rest.pop(0)[1])


@given(drawn=_LOG, rewinds=_REWINDS, times=st.lists(st.integers(0, 40), max_size=5))
def test_redelivered_alerts_change_nothing(
    drawn: list[tuple[str, int, float]], rewinds: list[tuple[int, int]], times: list[int]
) -> None:
    log = [
        alert(i, seconds, entity=entity, grade=grade)
        for i, (entity, seconds, grade) in enumerate(drawn)
    ]
    received = {each.offset: NOON + each.offset for each in log}
    once, again = ledger(), ledger()
    for each in log:
        once.take(each, received[each.offset])
    for step, each in enumerate(_redelivered(log, rewinds)):
        # Whenever the clock closes rows in between, they tell the same of their episodes.
        if step in times:
            again.pass_time(NOON + QUIET + 100)
        again.take(each, received[each.offset])
    for found in (once, again):
        found.pass_time(NOON + QUIET + 100)
    assert again.alerts == once.alerts


@given(
    drawn=st.lists(st.tuples(st.sampled_from("uv"), st.integers(0, 5)), max_size=8),
    chance=st.randoms(use_true_random=False),
)
def test_recommendations_in_any_order_leave_the_same_rows(drawn: Any, chance: Any) -> None:
    log = [recommendation(i, seconds, user=user) for i, (user, seconds) in enumerate(drawn)]
    shuffled = log * 2
    chance.shuffle(shuffled)
    assert filled(shuffled).recommendations == filled(log).recommendations
