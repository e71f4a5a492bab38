"""Records of one slot: pushed once, shared by all trees, compacted when the region is full."""

from __future__ import annotations

import numpy as np

from models.compiled import Floats, index, inlined, kernel, signed
from models.forest.kernels.layout import (
    NODES_FULL,
    READY,
    RECORDS_FULL,
    RUNS_FULL,
    SAMPLES_FULL,
    Forests,
)
from models.forest.kernels.tree import sample_base

SPARE = 32
"""A region of records is large enough while a compaction leaves at least one part in this of it free."""


@inlined
def point_offset(f: Forests, slot: int, record: int) -> int:
    """Where the first value of the point that starts with a record lies in `records`."""
    return (f.slots[slot]["record_start"] + signed(record)) * f.n_features


@kernel
def newest_offset(f: Forests, slot: int) -> int:
    """Where the newest shingle starts in `records`; only valid once `shingle_size` records were pushed."""
    row = f.slots[slot]
    return (row["record_start"] + row["records"] - f.shingle_size) * f.n_features


@inlined
def number_of(f: Forests, slot: int, record: int) -> np.int64:
    """The number in the stream of a record that the slot holds."""
    row = f.slots[slot]
    low, runs = row["run_start"], row["runs"]
    # The last run that starts at or before the record; arithmetic, because a branch would be taken at random.
    while runs > 1:
        half = runs >> 1
        low += half * signed(signed(f.run_first[index(low + half)]) <= record)
        runs -= half
    return f.run_number[low] + (record - signed(f.run_first[low]))


@inlined
def number_blocks(f: Forests, slot: int) -> int:
    """Fill f.moves with the run that each block of records starts in; returns the logarithm of a block's length.

    For looking up many numbers: about one step each, where a search takes as many as the runs have bits.
    """
    row, shift = f.slots[slot], 0
    while (row["records"] >> shift) > 2 * row["runs"]:
        shift += 1
    run, end = row["run_start"], row["run_start"] + row["runs"]
    for block in range((row["records"] >> shift) + 1):
        while run + 1 < end and signed(f.run_first[index(run + 1)]) <= block << shift:
            run += 1
        f.moves[block] = run
    return shift


@inlined
def number_by_block(f: Forests, slot: int, record: int, shift: int) -> np.int64:
    """The number in the stream of a record that the slot holds, after number_blocks."""
    row = f.slots[slot]
    run, end = f.moves[index(record >> shift)], row["run_start"] + row["runs"]
    while run + 1 < end and signed(f.run_first[index(run + 1)]) <= record:
        run += 1
    return f.run_number[run] + (record - signed(f.run_first[index(run)]))


@kernel
def needs(f: Forests, slot: int, n: int) -> int:
    """READY, or which heap must give the slot a larger region before it takes n more records."""
    row = f.slots[slot]
    most, size = 0, 0
    for tree in range(f.n_trees):
        most = max(most, signed(f.counts[slot, tree]))
        size = max(size, signed(f.sizes[slot, tree]))
    if row["capacity"] < min(size + n, f.sample_size):
        return SAMPLES_FULL
    # One more node a point at most, and none for the first points of a bucket.
    if row["node_capacity"] < min(most + n, max(min(size + n, f.sample_size) - f.bucket, 0)):
        return NODES_FULL
    if row["runs"] + 1 > row["run_capacity"]:
        return RUNS_FULL
    if row["records"] + n > row["record_capacity"]:
        if not compact(f, slot):
            return RUNS_FULL
        # A region that stays nearly full would be compacted again and again.
        if (row["records"] + n) * SPARE > row["record_capacity"] * (SPARE - 1):
            return RECORDS_FULL
    return READY


@kernel
def push_record(f: Forests, slot: int, values: Floats, start: int) -> None:
    """Append one record (`n_features` float32 at values[start]); the slot must be READY."""
    row = f.slots[slot]
    held, seen, last = row["records"], row["seen"], row["run_start"] + row["runs"] - 1
    follows = False
    if row["runs"] > 0:
        follows = f.run_number[last] + (held - signed(f.run_first[last])) == seen
    if not follows:
        f.run_first[last + 1], f.run_number[last + 1] = held, seen
        row["runs"] += 1
    to = (row["record_start"] + held) * f.n_features
    for i in range(f.n_features):
        # Adding zero turns -0.0 into 0.0: equal values must be equal bytes.
        f.records[to + i] = values[start + i] + np.float32(0.0)
    row["records"] = held + 1
    row["seen"] = seen + 1


@kernel
def compact(f: Forests, slot: int) -> bool:
    """Slide together the records that a sample, or the shingle in the making, still needs.

    False, with nothing changed, where the region of runs has no room for those that remain, and one more.
    """
    row = f.slots[slot]
    held, width = row["records"], f.n_features
    _count_covers(f, slot)
    runs = _plan_runs(f, slot)
    if runs + 1 > row["run_capacity"]:
        return False
    # moves[i] is the number of points that cover record i; once used, it becomes the place to which the record moved.
    start, kept = row["record_start"], 0
    for i in range(held):
        if f.moves[i] > 0:
            f.moves[i] = kept
            for j in range(width):
                f.records[(start + kept) * width + j] = f.records[(start + i) * width + j]
            kept += 1
    for tree in range(f.n_trees):
        base = sample_base(f, slot, tree)
        _renumber(f, base, signed(f.sizes[slot, tree]))
        _renumber(f, base + f.sample_size, signed(f.queued[slot, tree]))
    for i in range(runs):
        f.run_first[row["run_start"] + i] = f.run_moves[i, 0]
        f.run_number[row["run_start"] + i] = f.run_moves[i, 1]
    row["records"], row["runs"] = kept, runs
    return True


@inlined
def _count_covers(f: Forests, slot: int) -> None:
    """Set moves[i] to how many points cover record i."""
    row, covers = f.slots[slot], f.moves
    held, size = row["records"], f.shingle_size
    for i in range(held + 1):
        covers[i] = 0
    # First the starts minus the ends at each record, of which covers are the running sum.
    covers[max(held - size + 1, 0)] += 1
    for tree in range(f.n_trees):
        base = sample_base(f, slot, tree)
        for a in range(index(base), index(base + signed(f.sizes[slot, tree]))):
            first = signed(f.samples[a])
            covers[first] += 1
            covers[first + size] -= 1
    cover = 0
    for i in range(held):
        cover += covers[i]
        covers[i] = cover


@inlined
def _plan_runs(f: Forests, slot: int) -> int:
    """Fill run_moves with the runs of the covered records; returns how many, up to the region's capacity."""
    row = f.slots[slot]
    runs, kept, run, next_number = 0, 0, row["run_start"] - 1, np.int64(-1)
    end = row["run_start"] + row["runs"]
    for i in range(row["records"]):
        if run + 1 < end and signed(f.run_first[run + 1]) == i:
            run += 1
        if f.moves[i] > 0:
            number = f.run_number[run] + (i - signed(f.run_first[run]))
            if number != next_number:
                if runs == row["run_capacity"]:
                    return runs
                f.run_moves[runs, 0], f.run_moves[runs, 1] = kept, number
                runs += 1
            next_number = number + 1
            kept += 1
    return runs


@inlined
def _renumber(f: Forests, start: int, length: int) -> None:
    for a in range(index(start), index(start + length)):
        f.samples[a] = f.moves[signed(f.samples[a])]
