from __future__ import annotations

import itertools
import json

import pytest
from river import datasets

from stream.demo.series import SERIES, Segment, Series, runs

WATER, SHUTTLE = SERIES


@pytest.mark.parametrize("series", SERIES, ids=lambda series: series.name)
def test_every_row_is_an_event_with_a_later_time_than_the_one_before(series: Series) -> None:
    times = [timestamp for _, timestamp in series.events()]
    assert len(times) == series.rows
    assert all(a < b for a, b in itertools.pairwise(times))  # type: ignore[operator]  # no time is None


def test_labels_never_enter_the_events() -> None:
    fields = {name for event, _ in SHUTTLE.events() for name in json.loads(event)}
    assert fields == {f"f{i}" for i in range(1, 10)}
    fields = {name for event, _ in WATER.events() for name in json.loads(event)}
    assert fields == {"Time", "Water flow [l/s]"}


def test_the_known_segments_of_the_water_flow_are_what_leaves_99_to_107() -> None:
    flows = [json.loads(event)["Water flow [l/s]"] for event, _ in WATER.events()]
    outside = [row for row, flow in enumerate(flows) if not 99 <= flow <= 107]
    assert [(s.first, s.last) for s in runs(outside)] == [(s.first, s.last) for s in WATER.known()]


def test_the_known_rows_of_the_shuttle_are_its_labels() -> None:
    labels = [label for _, label in datasets.Shuttle()]
    known = SHUTTLE.known()
    rows = {row for s in known for row in range(s.first, s.last + 1)}
    assert rows == {row for row, label in enumerate(labels) if label}
    assert all(a.last + 1 < b.first for a, b in itertools.pairwise(known))


def test_runs_merge_over_the_gap_and_no_further() -> None:
    assert runs([1, 2, 4, 7], gap=2, what="x") == [Segment(1, 4, "x"), Segment(7, 7, "x")]
    assert runs([]) == []
