"""How far a recommender's task has come, beside what its models have learned."""

from __future__ import annotations

import msgspec

from models.errors import CorruptState

FIRST_TIME = 0.0
"""Event time before the first interaction: the epoch."""


class Progress(msgspec.Struct):
    """What outputs depend on beside the models and who was told what."""

    learned: int = 0
    """Interactions so far."""
    clock: float | None = None
    """The newest event time, seconds since the epoch; None before the first interaction."""

    @property
    def now(self) -> float:
        """The newest event time."""
        return FIRST_TIME if self.clock is None else self.clock

    def advance(self, time: float) -> float:
        """One interaction more; the newest event time."""
        self.learned += 1
        if self.clock is None or time > self.clock:
            self.clock = time
        return self.clock

    def dump(self) -> bytes:
        """This as bytes."""
        return msgspec.msgpack.encode(self)


def load_progress(state: bytes) -> Progress:
    """What was dumped. Raises CorruptState."""
    try:
        return msgspec.msgpack.decode(state, type=Progress)
    except msgspec.MsgspecError as error:
        raise CorruptState(f"The progress of a recommender must be one, got {error}.") from error
