"""Changing how a forest learns while it runs: its decay, a point's weight, a pause, a point taken back.

All of it is state: it is saved, and a replay that makes the same changes at the same records gives the same bytes.
"""

from __future__ import annotations

import math

import numpy as np

from models.errors import InvalidParameter
from models.forest.arena import ForestArena, decay_units
from models.forest.kernels.fading import DECAY, faded_at_number
from models.forest.kernels.learn import unlearn as unlearn_record

ONE = 2**32
"""Units of fading in one e-fold."""


def change_decay(arena: ForestArena, slot: int, decay: float) -> None:
    """From the next point on, forget at `decay` a point, 0 to 1; what was learned keeps its weight.

    Raises InvalidParameter.
    """
    if not 0.0 <= decay <= 1.0:
        raise InvalidParameter("time_decay", "the forest", "from 0 to 1", decay)
    _fade(arena, slot, decay_units(decay))


def weigh_next(arena: ForestArena, slot: int, weight: float) -> None:
    """Give the next point a weight, above 0: how many times as likely as another it is to be sampled.

    Raises InvalidParameter.
    """
    if not (weight > 0.0 and math.isfinite(weight)):
        raise InvalidParameter("weight", "the next point", "above 0 and finite", weight)
    number = _next(arena, slot)
    faded, _ = _take_back(arena, slot, number)
    decay = _decay(arena, slot)
    arena.add_mark(slot, number, _wrapped(faded + round(math.log(weight) * ONE)), decay)
    arena.add_mark(slot, number + 1, _wrapped(faded + decay), decay)


def pause(arena: ForestArena, slot: int) -> None:
    """Learn no more until `resume`; records still come in, and nothing is forgotten for their sake."""
    row = arena.forests.slots[slot]
    if not row["paused"]:
        _fade(arena, slot, 0)
        arena.forests.slots[slot]["paused"] = 1


def resume(arena: ForestArena, slot: int, decay: float) -> None:
    """Learn again, and forget at `decay` a point. Raises InvalidParameter."""
    if arena.forests.slots[slot]["paused"]:
        change_decay(arena, slot, decay)
        arena.forests.slots[slot]["paused"] = 0


def unlearn(arena: ForestArena, slot: int, number: int) -> int:
    """Take a point back, by the number in the stream of its first record; returns how many trees held it."""
    f, row = arena.forests, arena.forests.slots[slot]
    runs = slice(int(row["run_start"]), int(row["run_start"] + row["runs"]))
    run = int(np.searchsorted(f.run_number[runs], number, side="right")) - 1
    if run < 0:
        return 0
    record = int(f.run_first[runs][run]) + number - int(f.run_number[runs][run])
    end = int(f.run_first[runs][run + 1]) if run + 1 < int(row["runs"]) else int(row["records"])
    return int(unlearn_record(f, slot, record)) if record < end else 0


def _next(arena: ForestArena, slot: int) -> int:
    return max(int(arena.forests.slots[slot]["seen"]) - arena.config.shingle_size + 1, 0)


def _fade(arena: ForestArena, slot: int, decay: int) -> None:
    """From the next point on, fade by `decay` units a point; a weight that it was given stays its own."""
    number = _next(arena, slot)
    faded, weight = _take_back(arena, slot, number)
    arena.add_mark(slot, number, _wrapped(faded + weight), decay)
    if weight:
        arena.add_mark(slot, number + 1, _wrapped(faded + decay), decay)


def _take_back(arena: ForestArena, slot: int, number: int) -> tuple[int, int]:
    """How much the next point has faded, and what its own weight adds; removes the mark with which that one ends."""
    row = arena.forests.slots[slot]
    faded = int(faded_at_number(arena.forests, slot, number))
    last = int(row["mark_start"] + row["marks"]) - 1
    start, after, decay = (int(part) for part in arena.forests.marks[last])
    if start <= number:
        return faded, 0
    row["marks"] -= 1
    return after - decay, _wrapped(faded - (after - decay))


def _decay(arena: ForestArena, slot: int) -> int:
    row = arena.forests.slots[slot]
    return int(arena.forests.marks[int(row["mark_start"] + row["marks"]) - 1, DECAY])


def _wrapped(value: int) -> int:
    """A number as 64 signed bits have it."""
    return (value + 2**63) % 2**64 - 2**63
