"""Asking the live states of a task, from any thread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import BoundedSemaphore
from time import monotonic
from typing import NamedTuple, Protocol

from stream.codec.keys import entity_text
from stream.live.errors import HeldElsewhere, OffsetNotReached, StateRestoring, UnknownEntity
from stream.records import TopicPartition
from stream.runtime.partition import OwnedPartition

LONGEST_WAIT = 10.0
"""Most seconds that one question waits for a record."""
MOST_WAITING = 8
"""Questions that may wait at once: each holds a thread of whoever asks."""
LOOK = 0.25
"""Seconds between two looks whether the partition is still held."""


class LiveSource(Protocol):
    """What holds live states: a follower, or a worker's runner."""

    def held(self) -> Mapping[TopicPartition, OwnedPartition]:
        """The partitions whose state is complete."""

    def restoring(self) -> bool:
        """Whether some state is not there, but may soon be."""


class Place(NamedTuple):
    """A record of the input that a state must hold."""

    partition: int
    offset: int


class LiveStates:
    """The states of one task's `partitions` input partitions of `topic`, wherever they are held."""

    def __init__(self, source: LiveSource | None, topic: str, partitions: int) -> None:
        self._source = source
        self._topic = topic
        self._partitions = partitions
        self._waiting = BoundedSemaphore(MOST_WAITING)

    @contextmanager
    def holding(
        self, entity: bytes, after: Place | None = None, wait: float = 0.0
    ) -> Iterator[OwnedPartition]:
        """The partition that holds an entity's state, which stands still for the length of a block.

        after: the state must hold this record; `wait`: seconds for which it is waited for, at most
        LONGEST_WAIT. Without `after`, whatever state there is will do. Raises LiveStateError.
        """
        reached = None if after is None else self._reached(after, wait)
        for owned in self._places(reached):
            with owned.turn:
                if owned.sound and entity in owned.state:
                    yield owned
                    return
        raise self._without(f"The entity {entity_text(entity)!r}")

    def _places(self, reached: OwnedPartition | None) -> list[OwnedPartition]:
        held = {} if self._source is None else self._source.held()
        others = [held[tp] for tp in sorted(held) if reached is None or tp != reached.tp]
        return others if reached is None else [reached, *others]

    def _without(self, what: str) -> Exception:
        """Why something is not among what is held."""
        if self._source is None:
            return HeldElsewhere(
                "This process holds no live states: set api.follow to true, or ask one that does."
            )
        places = self._source.held()
        if self._source.restoring() or not all(owned.sound for owned in places.values()):
            return StateRestoring("The states are being restored; ask again soon.")
        held = len(places)
        if held < self._partitions:
            return HeldElsewhere(
                f"{what} is not in the {held} of {self._partitions} partitions of "
                f"'{self._topic}' that this worker holds: set api.follow to true to hold all."
            )
        return UnknownEntity(f"{what} has no state.")

    def _reached(self, after: Place, wait: float) -> OwnedPartition:
        tp = TopicPartition(self._topic, after.partition)
        deadline = monotonic() + min(wait, LONGEST_WAIT)
        if not self._waiting.acquire(blocking=False):
            raise StateRestoring("Too many questions wait for records; ask again soon.")
        try:
            while True:
                # Looked up each time: a partition may be lost, or start anew.
                owned = None if self._source is None else self._source.held().get(tp)
                if owned is None:
                    raise self._without(f"Partition {after.partition}")
                if _passes(owned, after.offset, min(LOOK, deadline - monotonic())):
                    return owned
                if monotonic() >= deadline:
                    raise OffsetNotReached(
                        f"The state of {tp.topic}-{tp.partition} must hold offset {after.offset}, "
                        f"but holds only those below {owned.offset}; ask again soon."
                    )
        finally:
            self._waiting.release()


def _passes(owned: OwnedPartition, offset: int, seconds: float) -> bool:
    """Whether a partition comes to hold the record at an offset within so many seconds."""
    with owned.turn:
        return owned.turn.wait_for(lambda: owned.offset > offset, max(seconds, 0.0))
