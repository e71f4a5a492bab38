"""Labels that came before their event, as they may from a topic of their own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from stream.codec.prediction.labels import Label


class Early(NamedTuple):
    """A label without an event."""

    id: str
    label: Label | float
    time: int
    """Microseconds since the epoch."""


class EarlyLabels:
    """Event id -> label; bounded, the one that came first goes first.

    capacity: how many are kept; 0: none. wait: microseconds of event time for which they are.
    """

    def __init__(self, capacity: int, wait: int) -> None:
        self._capacity = capacity
        self._wait = wait
        self._labels: dict[str, Early] = {}

    def __len__(self) -> int:
        return len(self._labels)

    def put(self, early: Early) -> None:
        """Keep a label; it takes the place of one for the same event."""
        if not self._capacity:
            return
        self._labels.pop(early.id, None)
        self._labels[early.id] = early
        while len(self._labels) > self._capacity or self._first().time < early.time - self._wait:
            del self._labels[self._first().id]

    def take(self, id: str, time: int) -> Early | None:
        """Hand out the label of an event that has come at `time`; None where there is none, or too old a one."""
        early = self._labels.pop(id, None)
        return None if early is None or early.time < time - self._wait else early

    def state(self) -> list[Early]:
        """Every label, in the order in which they came."""
        return list(self._labels.values())

    def restore(self, labels: Iterable[Early]) -> None:
        """Put others in the place of all that are here."""
        self._labels = {early.id: early for early in labels}

    def _first(self) -> Early:
        return next(iter(self._labels.values()))
