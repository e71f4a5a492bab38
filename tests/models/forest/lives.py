"""Random lives of an arena, told by operations; and the same lives of the naive twin."""

from __future__ import annotations

import math

import numpy as np

from models.forest import ForestArena, ForestConfig
from models.forest.changes import change_decay, pause, resume, unlearn, weigh_next
from models.forest.kernels.gains import INVERSE_DEPTH
from models.forest.state import dump_forest, load_forest
from tests.naive_reservoir import UNIT, Forest
from tests.strategies import Operation

History = list[Operation]


def seed_of(key: int) -> int:
    """Every key has its own seed."""
    return 2**63 + 12345 * key


def live(
    config: ForestConfig, life: list[Operation]
) -> tuple[ForestArena, dict[int, int], dict[int, History]]:
    """The arena after its life, the slot of each key, and what happened to each since it was opened."""
    arena = ForestArena(config)
    slots: dict[int, int] = {}
    histories: dict[int, History] = {}
    for operation in life:
        key = operation.key
        if key in slots and operation.kind == "reopen":
            arena.close_slot(slots.pop(key))
        if key not in slots:
            slots[key], histories[key] = arena.open_slot(seed_of(key)), []
        if operation.kind == "reload":
            slots[key] = reload(arena, slots[key])
        else:
            happen(arena, slots[key], operation)
            histories[key].append(operation)
    return arena, slots, histories


def happen(arena: ForestArena, slot: int, operation: Operation) -> None:
    """Let a forest live through one operation."""
    kind, rows = operation.kind, operation.records
    if kind == "fade":
        change_decay(arena, slot, operation.number)
    elif kind == "unlearn":
        unlearn(arena, slot, chosen(operation, int(arena.forests.slots[slot]["seen"])))
    elif kind == "box":
        arena.keep_boxes(slot)
    elif kind == "unbox":
        arena.drop_boxes(slot)
    elif kind == "pause":
        learn_paused(arena, slot, rows, operation.number)
    elif kind == "weigh":
        weigh_next(arena, slot, operation.number)
    learn(arena, slot, rows if kind in ("learn", "weigh") else rows[:0])


def learn(arena: ForestArena, slot: int, rows: np.ndarray) -> np.ndarray:
    """Score each record, then learn it; returns the scores."""
    return arena.score_and_learn(np.full(len(rows), slot), rows, INVERSE_DEPTH)


def learn_paused(arena: ForestArena, slot: int, rows: np.ndarray, decay: float) -> None:
    """Records that come while learning is paused; afterwards, fade at this decay."""
    pause(arena, slot)
    learn(arena, slot, rows)
    resume(arena, slot, decay)


def alone(config: ForestConfig, key: int, history: History) -> tuple[ForestArena, int]:
    """An arena in which nothing but this happened."""
    arena = ForestArena(config)
    slot = arena.open_slot(seed_of(key))
    for operation in history:
        happen(arena, slot, operation)
    return arena, slot


def twin_of(config: ForestConfig, key: int, history: History) -> Forest:
    """The naive twin after the same history."""
    twin = Forest(
        config.n_trees,
        config.sample_size,
        config.shingle_size,
        seed_of(key),
        round(config.decay * UNIT),
        config.bucket_size,
    )
    for operation in history:
        tell(twin, operation)
    return twin


def tell(twin: Forest, operation: Operation) -> None:
    """Let the twin live through one operation."""
    fading, kind = twin.fading, operation.kind
    if kind == "fade":
        fading.change(twin.next, round(operation.number * UNIT))
    elif kind == "unlearn":
        twin.unlearn(chosen(operation, twin.seen))
    elif kind == "pause":
        fading.change(twin.next, 0)
    elif kind == "weigh":
        fading.weights[twin.next] = round(math.log(operation.number) * UNIT)
    for record in operation.records:
        twin.learn(record, offered=kind != "pause")
    if kind == "pause":
        fading.change(twin.next, round(operation.number * UNIT))


def chosen(operation: Operation, seen: int) -> int:
    """The number of the point that is unlearned; there may be none of that number."""
    return max(round(operation.number * seen) - 1, 0)


def records_of(config: ForestConfig, history: History) -> np.ndarray:
    """All records of a history."""
    nothing = np.zeros((0, config.n_features), np.float32)
    return np.concatenate([nothing, *(operation.records for operation in history)])


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
