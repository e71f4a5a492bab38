"""How large the regions of a slot are: what they begin with, how they grow, and what they take."""

from __future__ import annotations

from models.forest.config import ForestConfig
from models.forest.kernels.layout import QUEUE, Forests

FIRST_SAMPLES, FIRST_RECORDS, FIRST_RUNS, NODE_STEP = 16, 16, 2, 8
GROWTH = 1.0625
MOST_RECORDS = 65_535
"""More records of one slot than these cannot be numbered by uint16."""


def more_samples(capacity: int, config: ForestConfig) -> int:
    """The next size of a region of samples, per tree."""
    return min(2 * capacity, config.sample_size)


def more_nodes(capacity: int) -> int:
    """The next size of a region of nodes, per tree."""
    return _larger(capacity, NODE_STEP)


def more_records(capacity: int) -> int:
    """The next size of a region of records."""
    return _larger(capacity, 2 * FIRST_RECORDS)


def more_runs(capacity: int) -> int:
    """The next size of a region of runs."""
    return _larger(capacity, FIRST_RUNS)


def stride(capacity: int, config: ForestConfig) -> int:
    """Cells of the samples heap from one tree of a slot to the next: a full one has a queue behind its samples."""
    return int(capacity) + (QUEUE if capacity == config.sample_size else 0)


def trees_nbytes(f: Forests) -> int:
    """Bytes that a slot takes for its trees, whatever they hold."""
    per_tree = (f.sizes, f.counts, f.queued, f.bounded, f.bounds, f.floors)
    return f.n_trees * sum(array.itemsize for array in per_tree)


def box_nbytes(f: Forests) -> int:
    """Bytes of one box, and of its place."""
    return f.box_slots.itemsize + 2 * f.n_features * f.shingle_size * f.boxes.itemsize


def _larger(capacity: int, step: int) -> int:
    return max(capacity + step, int(capacity * GROWTH))
