"""The state of a learner, and of a partition, as bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from models.errors import CorruptState
from models.state import pack, unpack
from stream.tasks.predict.champions import Reign
from stream.tasks.predict.early import Early

KIND = "predict"


class Dumped(NamedTuple):
    """What is saved of one entity, or of the partition itself."""

    models: bytes | None
    """Dumped models, if there are any yet."""
    early: Sequence[Early]
    """Labels that wait for their event, in the order in which they came."""
    reigns: Sequence[Reign] = ()
    """Of a partition: its promotions, oldest first."""


def packed(dumped: Dumped) -> bytes:
    """The state as versioned, checksummed bytes."""
    models = {} if dumped.models is None else {"models": np.frombuffer(dumped.models, np.uint8)}
    meta = {"early": [list(e) for e in dumped.early], "reigns": [list(r) for r in dumped.reigns]}
    return pack(KIND, meta, models)


def unpacked(data: bytes) -> Dumped:
    """What was packed. Raises CorruptState, IncompatibleState."""
    state = unpack(data, KIND)
    try:
        early = [Early(str(event), label, int(time)) for event, label, time in state.meta["early"]]
        reigns = [Reign(int(offset), str(model)) for offset, model in state.meta["reigns"]]
    except (LookupError, TypeError, ValueError) as error:
        raise CorruptState(f"The state must hold labels and promotions, got {error}.") from error
    models = state.arrays.get("models")
    return Dumped(None if models is None else models.tobytes(), early, reigns)
