from __future__ import annotations

from typing import Any

import pytest

from models.errors import InvalidParameter
from stream.tables import Episodes, Ledger
from stream.tables.views import alert_view, recommendation_view, selected
from tests.stream.tables.records import ALERTS, NOON, RECOMMENDATIONS, alert, recommendation


@pytest.fixture
def ledger() -> Ledger:
    found = Ledger(
        alerts={ALERTS: {}},
        recommendations={RECOMMENDATIONS: {}},
        episodes=Episodes(60_000_000, 60_000_000),
        keep_recommendations=60_000_000,
        alert_json=lambda value: value,
        owns=lambda tp: True,
    )
    found.take(alert(0, -100, entity="old", grade=0.9), NOON)
    found.take(alert(1, 0, probability=1e-4), NOON)
    found.take(alert(2, 1, entity="new", grade=0.9), NOON)
    found.take(recommendation(0, 0), NOON)
    found.pass_time(NOON)
    return found


def shown(ledger: Ledger, **query: str) -> list[Any]:
    views = [alert_view(found.row) for found in ledger.alert_rows()]
    return [each["entity"] for each in selected(views, query)]


def test_an_alert_as_it_is_shown(ledger: Ledger) -> None:
    ledger.acknowledge("pipes", "a", "ann", NOON + 1)
    found = ledger.alert_of("pipes", "a")
    assert found is not None
    assert alert_view(found.row) == {
        "id": "flows-0-1-pipes-alert",
        "detector": "pipes",
        "entity": "a",
        "state": "open",
        "severity": "warning",
        "title": "alert 1",
        "summary": "seen at 1",
        "opened": "2024-05-01T12:00:00.000000Z",
        "last_seen": "2024-05-01T12:00:00.000000Z",
        "closed": None,
        "count": 1,
        "peak": {
            "id": "flows-0-1-pipes-alert",
            "time": "2024-05-01T12:00:00.000000Z",
            "grade": 0.5,
            "probability": 1e-4,
        },
        "acknowledged": {"time": "2024-05-01T12:00:00.000001Z", "by": "ann"},
        "received": "2024-05-01T12:00:00.000000Z",
    }


def test_a_closed_alert_as_it_is_shown(ledger: Ledger) -> None:
    found = ledger.alert_of("pipes", "old")
    assert found is not None
    view = alert_view(found.row)
    assert (view["state"], view["closed"], view["acknowledged"]) == (
        "closed",
        "2024-05-01T11:59:20.000000Z",
        None,
    )


def test_a_recommendation_as_it_is_shown(ledger: Ledger) -> None:
    row = ledger.recommendation_of("u")
    assert row is not None
    assert recommendation_view(row) == {
        "id": "r0",
        "user": "u",
        "time": "2024-05-01T12:00:00.000000Z",
        "items": [{"item": "x", "score": 0.5, "source": "trending"}],
        "received": "2024-05-01T12:00:00.000000Z",
    }


def test_alerts_are_selected_and_the_newest_comes_first(ledger: Ledger) -> None:
    assert shown(ledger) == ["new", "a"]
    assert shown(ledger, state="closed") == ["old"]
    assert shown(ledger, state="all") == ["new", "a", "old"]
    assert shown(ledger, state="all", severity="critical") == ["new", "old"]
    assert shown(ledger, detector="pumps") == []
    with pytest.raises(InvalidParameter, match="must be one of open, closed, all, got 'shut'"):
        shown(ledger, state="shut")
