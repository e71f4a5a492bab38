"""Random lives of an arena, told by operations."""

from __future__ import annotations

import numpy as np

from models.forest import ForestArena, ForestConfig
from models.forest.state import dump_forest, load_forest
from tests.strategies import Operation


def seed_of(key: int) -> int:
    """Every key has its own seed."""
    return 2**63 + 12345 * key


def live(
    config: ForestConfig, life: list[Operation]
) -> tuple[ForestArena, dict[int, int], dict[int, np.ndarray]]:
    """The arena after its life, the slot of each key, and the records that each was given since it was opened."""
    arena = ForestArena(config)
    slots: dict[int, int] = {}
    pushed: dict[int, np.ndarray] = {}
    nothing = np.zeros((0, config.n_features), np.float32)
    for operation in life:
        key = operation.key
        if key not in slots:
            slots[key], pushed[key] = arena.open_slot(seed_of(key)), nothing
        if operation.kind == "learn":
            n = len(operation.records)
            arena.score_and_learn(np.full(n, slots[key]), operation.records, 0)
            pushed[key] = np.concatenate([pushed[key], operation.records])
        elif operation.kind == "reload":
            slots[key] = reload(arena, slots[key])
        else:
            arena.close_slot(slots[key])
            slots[key], pushed[key] = arena.open_slot(seed_of(key)), nothing
    return arena, slots, pushed


def reload(arena: ForestArena, slot: int) -> int:
    """Save a forest, close it, and load it into another slot."""
    arrays = {name: array.copy() for name, array in dump_forest(arena, slot).items()}
    seed = int(arena.forests.slots[slot]["seed"])
    fresh = arena.open_slot(seed)
    arena.close_slot(slot)
    load_forest(arena, fresh, arrays)
    return fresh


def state_bytes(arena: ForestArena, slot: int) -> bytes:
    """Everything that is saved of a slot."""
    arrays = dump_forest(arena, slot)
    return b"".join(name.encode() + array.tobytes() for name, array in arrays.items())
