"""What belongs to a partition itself, as bytes: its promotions, and the models that its entities share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.errors import CorruptState
from models.state import pack, unpack

OWN = b""
"""The entity that stands for the partition. Every other entity has at least one byte."""
KIND = "predictor-partition"


def pack_own(reigns: Sequence[tuple[int, str]], models: bytes | None) -> bytes:
    """Promotions (offset and model, oldest first) and dumped models, if there are shared ones."""
    arrays = {} if models is None else {"models": np.frombuffer(models, np.uint8)}
    return pack(KIND, {"champions": [list(reign) for reign in reigns]}, arrays)


def unpack_own(data: bytes) -> tuple[list[tuple[int, str]], bytes | None]:
    """What was packed. Raises CorruptState, IncompatibleState."""
    state = unpack(data, KIND)
    try:
        reigns = [(int(offset), str(model)) for offset, model in state.meta["champions"]]
    except (LookupError, TypeError, ValueError) as error:
        raise CorruptState(f"The promotions must be offsets and models, got {error}.") from error
    models = state.arrays.get("models")
    return reigns, None if models is None else models.tobytes()
