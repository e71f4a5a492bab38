"""Who was idle longest: rows linked in the order in which they were last touched."""

from __future__ import annotations

import numpy as np

from models.compiled import inlined, kernel

NONE, UNLINKED = -1, -2


@inlined
def unlink(older: np.ndarray, newer: np.ndarray, ends: np.ndarray, row: int) -> None:
    """Take a row out of the order. `ends` holds the row idle longest and the one touched last."""
    if older[row] == UNLINKED:
        return
    before, after = older[row], newer[row]
    if before == NONE:
        ends[0] = after
    else:
        newer[before] = after
    if after == NONE:
        ends[1] = before
    else:
        older[after] = before
    older[row] = UNLINKED
    newer[row] = UNLINKED


@inlined
def append(older: np.ndarray, newer: np.ndarray, ends: np.ndarray, row: int) -> None:
    """Put a row that is not in the order at its end: the one touched last."""
    last = ends[1]
    older[row] = last
    newer[row] = NONE
    if last == NONE:
        ends[0] = row
    else:
        newer[last] = row
    ends[1] = row


@inlined
def touch(older: np.ndarray, newer: np.ndarray, ends: np.ndarray, row: int) -> None:
    """Make a row the one touched last."""
    if ends[1] != row:
        unlink(older, newer, ends, row)
        append(older, newer, ends, row)


@kernel
def link_all(older: np.ndarray, newer: np.ndarray, ends: np.ndarray, rows: np.ndarray) -> None:
    """Link rows, the one idle longest first, into an empty order."""
    for k in range(len(rows)):
        append(older, newer, ends, rows[k])


@kernel
def unlink_all(older: np.ndarray, newer: np.ndarray, ends: np.ndarray, rows: np.ndarray) -> None:
    """Take rows out of the order."""
    for k in range(len(rows)):
        unlink(older, newer, ends, rows[k])


@kernel
def touch_all(
    older: np.ndarray,
    newer: np.ndarray,
    ends: np.ndarray,
    last: np.ndarray,
    marks: np.ndarray,
    dirty: np.ndarray,
    rows: np.ndarray,
    sequence: int,
    mark: float,
) -> None:
    """Touch rows one after another, as operations from `sequence` on, at time `mark`."""
    for k in range(len(rows)):
        row = rows[k]
        touch(older, newer, ends, row)
        last[row] = sequence + k
        marks[row] = mark
        dirty[row] = 1


@kernel
def longest_idle(
    newer: np.ndarray,
    ends: np.ndarray,
    marks: np.ndarray,
    surplus: int,
    before: float,
    found: np.ndarray,
) -> int:
    """The rows idle longest, into `found`: `surplus` of them, and all that were last touched before a time.

    Returns how many, at most as many as there is room for.
    """
    count = 0
    row = ends[0]
    while row != NONE and count < len(found) and (count < surplus or marks[row] < before):
        found[count] = row
        count += 1
        row = newer[row]
    return count
