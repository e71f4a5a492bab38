"""The toy task with states as large as one likes."""

from __future__ import annotations

import random

from models.errors import CorruptState
from stream.records import TopicPartition
from stream.tasks.protocol import PartitionState
from tests.stream.runtime.toy import ToyState, ToyTask


class BulkyState(ToyState):
    """Dumps `bulk` bytes behind each state that follow from it, and that nothing compresses."""

    def __init__(self, topic: str, tp: TopicPartition, bulk: int) -> None:
        super().__init__(topic, tp)
        self._bulk = bulk

    def dump(self, entity: bytes) -> bytes:
        state = super().dump(entity)
        return state + self._padding(state)

    def load(self, entity: bytes, state: bytes, valid_at: int) -> None:
        own = state[: len(state) - self._bulk]
        if state[len(own) :] != self._padding(own):
            raise CorruptState(f"The state of {entity!r} must be padded as it was dumped.")
        super().load(entity, own, valid_at)

    def _padding(self, state: bytes) -> bytes:
        return random.Random(state).randbytes(self._bulk)


class BulkyTask(ToyTask):
    """The toy task; its states are `bulk` bytes larger than they need be."""

    def __init__(
        self, partitions: int = 1, name: str = "toy", events: str = "events", bulk: int = 0
    ) -> None:
        super().__init__(partitions, name, events)
        self._bulk = bulk

    def open(self, tp: TopicPartition) -> PartitionState:
        return BulkyState(self.name, tp, self._bulk)
