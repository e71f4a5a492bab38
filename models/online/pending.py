"""Events that wait for their label."""

from __future__ import annotations

import heapq
from typing import Any, NamedTuple

from models.online.records import Feature, Prediction, plain, restored


class Waiting(NamedTuple):
    """An event, until its label comes."""

    x: dict[str, Feature]
    """The features as the models had them."""
    prediction: Prediction
    due: float
    """The greatest event time at which its label may still come."""
    order: int


class Pending:
    """Event id -> what waits; bounded. At equal deadlines the event that came first goes first."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._waiting: dict[str, Waiting] = {}
        self._by_due: list[tuple[float, int, str]] = []
        self._next = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, event: str) -> bool:
        return event in self._waiting

    def put(self, x: dict[str, Feature], prediction: Prediction, due: float) -> bool:
        """Let an event wait; one of the same id waits no more. Returns whether another had to make room for it."""
        event = prediction.event
        self._waiting.pop(event, None)
        full = len(self._waiting) >= self._capacity
        if full:
            self._drop()
        self._waiting[event] = Waiting(x, prediction, due, self._next)
        heapq.heappush(self._by_due, (due, self._next, event))
        self._next += 1
        self._tidy()
        return full

    def take(self, event: str) -> Waiting | None:
        """End the waiting of an event; None if it does not wait."""
        return self._waiting.pop(event, None)

    def expire(self, time: float) -> int:
        """Forget the events whose deadline is before `time`; returns how many."""
        count = 0
        while self._by_due and self._by_due[0][0] < time:
            count += self._forget(*heapq.heappop(self._by_due)[1:])
        return count

    def state(self) -> list[Any]:
        """Everything, as plain values."""
        waiting = [(w.x, plain(w.prediction), w.due, w.order) for w in self._waiting.values()]
        return [self._next, waiting]

    def restore(self, state: list[Any]) -> None:
        """Take the place of all that is here."""
        self._next, waiting = state
        self._waiting = {}
        for x, prediction, due, order in waiting:
            said = restored(prediction)
            self._waiting[said.event] = Waiting(x, said, due, order)
        self._rebuild()

    def _drop(self) -> None:
        while not self._forget(*heapq.heappop(self._by_due)[1:]):
            pass

    def _forget(self, order: int, event: str) -> bool:
        waiting = self._waiting.get(event)
        if waiting is None or waiting.order != order:
            return False
        del self._waiting[event]
        return True

    def _tidy(self) -> None:
        """Entries of events that were labelled stay in the heap until their deadline: not many more than wait."""
        if len(self._by_due) > 2 * len(self._waiting) + 64:
            self._rebuild()

    def _rebuild(self) -> None:
        self._by_due = [(w.due, w.order, event) for event, w in self._waiting.items()]
        heapq.heapify(self._by_due)
