"""The demo's data as events, and apart from them what is known to be anomalous in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
from river import datasets

SHUTTLE_START = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp() * 1_000)
"""Shuttle's rows carry no time. The demo lets one follow each second from here."""


TimedEvent = tuple[bytes, int | None]
"""An event as JSON, and the timestamp of its record in milliseconds; None lets the log stamp it."""


class Segment(NamedTuple):
    """Consecutive rows that are anomalous."""

    first: int
    last: int
    what: str


class Series(NamedTuple):
    """One data set, as the detector of the same name reads it."""

    name: str
    rows: int
    events: Callable[[], Iterator[TimedEvent]]
    """Makes an iterator over the events, row by row."""
    known: Callable[[], list[Segment]]
    """Makes the list of what is anomalous. Nothing of it is in the events."""
    source: str
    """Where the knowledge comes from."""


WATER_SEGMENTS = [
    Segment(93, 110, "low flow: loss or maintenance"),
    Segment(210, 224, "low flow: loss or maintenance"),
    Segment(329, 329, "peak: pumping into the main pipeline"),
    Segment(872, 887, "low flow: loss or maintenance"),
]
"""River names these four and gives no times. They are the runs of rows outside of 99 to 107 l/s."""


def water_events() -> Iterator[TimedEvent]:
    """Hourly flow: the columns of the file; its time stamps the record."""
    for x, flow in datasets.WaterFlow():
        event = {"Time": x["Time"].isoformat(), "Water flow [l/s]": flow}
        yield msgspec.json.encode(event), int(x["Time"].timestamp() * 1_000)


def shuttle_events() -> Iterator[TimedEvent]:
    """Nine sensors a row, without the label."""
    for row, (x, _label) in enumerate(datasets.Shuttle()):
        yield msgspec.json.encode(x), SHUTTLE_START + row * 1_000


def shuttle_segments() -> list[Segment]:
    """Runs of rows that are labelled anomalous."""
    rows: Iterator[tuple[Any, int]] = iter(datasets.Shuttle())
    return runs([row for row, (_x, label) in enumerate(rows) if label])


def runs(rows: list[int], gap: int = 1, what: str = "labelled") -> list[Segment]:
    """Merge ascending row numbers that lie at most `gap` apart into segments."""
    merged: list[Segment] = []
    for row in rows:
        if merged and row - merged[-1].last <= gap:
            merged[-1] = merged[-1]._replace(last=row)
        else:
            merged.append(Segment(row, row, what))
    return merged


SERIES = (
    Series(
        "water",
        1_268,
        water_events,
        lambda: list(WATER_SEGMENTS),
        "four segments that River's description of WaterFlow names",
    ),
    Series("shuttle", 49_097, shuttle_events, shuttle_segments, "the labels of River's Shuttle"),
)
