"""Asking the one shared state of a task, from any thread, or from an event loop without waiting."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from stream.live.errors import StateRestoring
from stream.live.states import LiveSource, LiveStates, Place
from stream.records import TopicPartition
from stream.runtime.partition import OwnedPartition


class SharedStates(LiveStates):
    """The state of a task whose entities share what they know: that of one partition of `topic`.

    partitions: how many the topic has.
    """

    def __init__(
        self, source: LiveSource | None, topic: str, partition: int = 0, partitions: int = 1
    ) -> None:
        super().__init__(source, topic, partitions)
        self._source = source
        self._tp = TopicPartition(topic, partition)

    def at_once(self, after: int | None = None) -> OwnedPartition | None:
        """The state where it can be asked without waiting: the caller holds its `turn`, and releases it.

        after: an offset that it must hold. None where it is not there yet, is at work, or has not
        come that far: `whole` waits for it then, or says why.
        """
        owned = None if self._source is None else self._source.held().get(self._tp)
        if owned is None or not owned.turn.acquire(blocking=False):
            return None
        if owned.sound and (after is None or owned.offset > after):
            return owned
        owned.turn.release()
        return None

    @contextmanager
    def whole(self, after: int | None = None, wait: float = 0.0) -> Iterator[OwnedPartition]:
        """The state, which stands still for the length of a block.

        after: an offset that it must hold; `wait`: seconds for which that is waited for, at most
        LONGEST_WAIT. Without `after`, whatever state there is will do. Raises LiveStateError.
        """
        if after is not None:
            owned = self._reached(Place(self._tp.partition, after), wait)
        else:
            held = {} if self._source is None else self._source.held()
            if self._tp not in held:
                raise self._without(f"Partition {self._tp.partition}")
            owned = held[self._tp]
        with owned.turn:
            if not owned.sound:
                raise StateRestoring("The state is being restored; ask again soon.")
            yield owned
