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
    number = _next(arena, slot)
    arena.add_mark(slot, number, _faded(arena, slot, number), decay_units(decay))


def weigh_next(arena: ForestArena, slot: int, weight: float) -> None:
    """Give the next point a weight, above 0: how many times as likely as another it is to be sampled.

    Raises InvalidParameter.
    """
    if not (weight > 0.0 and math.isfinite(weight)):
        raise InvalidParameter("weight", "the next point", "above 0 and finite", weight)
    number, decay = _next(arena, slot), _decay(arena, slot)
    faded, after = _faded(arena, slot, number), _faded(arena, slot, number + 1)
    arena.add_mark(slot, number, _wrapped(faded + round(math.log(weight) * ONE)), decay)
    arena.add_mark(slot, number + 1, after, decay)


def pause(arena: ForestArena, slot: int) -> None:
    """Learn no more until `resume`; records still come in, and nothing is forgotten for their sake."""
    row = arena.forests.slots[slot]
    if not row["paused"]:
        number = _next(arena, slot)
        arena.add_mark(slot, number, _faded(arena, slot, number), 0)
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


def _faded(arena: ForestArena, slot: int, number: int) -> int:
    return int(faded_at_number(arena.forests, slot, number))


def _decay(arena: ForestArena, slot: int) -> int:
    row = arena.forests.slots[slot]
    return int(arena.forests.marks[int(row["mark_start"] + row["marks"]) - 1, DECAY])


def _wrapped(value: int) -> int:
    """A number as 64 signed bits have it."""
    return (value + 2**63) % 2**64 - 2**63
