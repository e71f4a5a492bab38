"""What a user touched before: what it says of now, and what is not to be recommended again."""

from __future__ import annotations

from models.compiled import inlined, kernel
from models.recommend.kernels.layout import Scratch
from models.recommend.store.kernels.history import item_at, older
from models.recommend.store.kernels.layout import BLOCK, Histories

SESSION = 900.0
"""Seconds without an interaction that end a session."""
LONG = 172_800.0
"""Seconds after which a user has been away for long."""
TOGETHER = 3_600.0
"""Seconds within which items come in one session."""


@kernel
def walk_back(h: Histories, s: Scratch, entry: int, longest: int, now: float) -> int:
    """Mark the items of an entry and of those before, at most `longest`; the newest become the context.

    Items that were only seen, or are not wanted, are marked too, but say nothing of what comes next. Returns the
    context's size. Times that are not known count as now.
    """
    size = 0
    for _ in range(longest):
        if entry < 0:
            break
        item = item_at(h, entry)
        if item >= 0:
            s.marks[item] = s.serial[0]
            wanted = h.weights[entry // BLOCK, entry % BLOCK] > 0.0
            if wanted and size < len(s.context):
                s.context[size] = item
                away = now - h.times[entry // BLOCK, entry % BLOCK]
                s.away[size] = away if away > 0.0 else 0.0
                size += 1
        entry = older(h.previous, entry)
    return size


@inlined
def in_session(s: Scratch, size: int) -> int:
    """How many of the context's newest items came within the running session."""
    count = 0
    while count < size and s.away[count] <= TOGETHER:
        count += 1
    return count


@inlined
def situation_of(s: Scratch, size: int) -> int:
    """0 for nobody known, else 1 + 3 * (in a session, back soon, back late) + (1 to 3, 4 to 9, more items known)."""
    if size == 0:
        return 0
    known = 0 if size < 4 else (1 if size < 10 else 2)
    away = 0 if s.away[0] < SESSION else (1 if s.away[0] < LONG else 2)
    return 1 + 3 * away + known


@inlined
def group_of(situation: int) -> int:
    """Whose popularity counts: that of first interactions, of those in a session, or of those of who comes back."""
    if situation == 0:
        return 0
    return 1 if situation < 4 else 2
