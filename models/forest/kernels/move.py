"""Moving a slot's parts to other regions of their heaps. The slot's row already names the new region."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.compiled import index, inlined, kernel, signed
from models.forest.kernels.delete import rebuild_boxes
from models.forest.kernels.layout import QUEUE, SCRATCH_BOXES, Forests
from models.forest.kernels.tree import node_words


@inlined
def _copy(array: NDArray[Any], to: int, source: int, length: int) -> None:
    for i in range(index(length)):
        array[index(to) + i] = array[index(source) + i]


@kernel
def move_samples(f: Forests, slot: int, old_start: int, old_capacity: int) -> None:
    """Copy each tree's samples from its old place, where it had no queue."""
    row = f.slots[slot]
    stride = row["capacity"] + (QUEUE if row["capacity"] == f.sample_size else 0)
    for tree in range(f.n_trees):
        to, source = row["sample_start"] + tree * stride, old_start + tree * old_capacity
        _copy(f.samples, to, source, signed(f.sizes[slot, tree]))


@kernel
def move_nodes(f: Forests, slot: int, old_start: int, old_capacity: int) -> None:
    """Copy each tree's nodes from its old place."""
    row, words = f.slots[slot], node_words(f)
    for tree in range(f.n_trees):
        to = row["node_start"] + tree * row["node_capacity"]
        source = old_start + tree * old_capacity
        _copy(f.node_words, to * words, source * words, signed(f.counts[slot, tree]) * words)


@kernel
def move_boxes(f: Forests, slot: int, old_start: int, old_capacity: int) -> None:
    """Copy each tree's boxes from its old place; new boxes follow the ones that are there."""
    row, width = f.slots[slot], 2 * f.n_features * f.shingle_size
    for tree in range(f.n_trees):
        to = row["box_start"] + tree * row["node_capacity"]
        source = old_start + tree * old_capacity
        _copy(f.box_slots, to, source, old_capacity)
        for i in range(old_capacity, row["node_capacity"]):
            f.box_slots[to + i] = i
        first, before = SCRATCH_BOXES + to, SCRATCH_BOXES + source
        _copy(f.boxes, first * width, before * width, old_capacity * width)


@kernel
def fill_boxes(f: Forests, slot: int) -> None:
    """Make all boxes of a slot anew."""
    for tree in range(f.n_trees):
        rebuild_boxes(f, slot, tree)


@kernel
def move_records(f: Forests, slot: int, old_start: int) -> None:
    """Copy the records held."""
    row, width = f.slots[slot], np.int64(f.n_features)
    _copy(f.records, row["record_start"] * width, old_start * width, row["records"] * width)


@kernel
def move_runs(f: Forests, slot: int, old_start: int) -> None:
    """Copy the runs."""
    row = f.slots[slot]
    _copy(f.run_first, row["run_start"], old_start, row["runs"])
    _copy(f.run_number, row["run_start"], old_start, row["runs"])


@kernel
def move_marks(f: Forests, slot: int, old_start: int) -> None:
    """Copy the marks."""
    row = f.slots[slot]
    for i in range(row["marks"]):
        for j in range(3):
            f.marks[row["mark_start"] + i, j] = f.marks[old_start + i, j]
