"""What a forest costs: the memory of one slot of an arena, as it grows, and of its state as it is saved."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from models.forest.arena import ForestArena
from models.forest.config import ForestConfig
from models.forest.contents import Contents, contents
from models.forest.kernels.layout import SLOT
from models.forest.kernels.store import SPARE
from models.forest.sizes import (
    FIRST_RECORDS,
    FIRST_RUNS,
    FIRST_SAMPLES,
    MOST_RECORDS,
    box_nbytes,
    more_nodes,
    more_records,
    more_runs,
    more_samples,
    stride,
    trees_nbytes,
)

_QUANTILES = (0.1, 0.3, 0.5, 0.7, 0.9)
_SAVED_YOUNG, _SAVED_TREE = 2.0, 7.0
"""Bytes that a tree takes of a saved state beside its nodes, before and after it is full: the latter has a bound."""
_SAVED_RUN = 2.4
_SAVED_DIMENSION = 0.07
"""What Huffman's code adds to the bits of a dimension, in bytes."""
_SAVED_REST = 240
"""Counters, seed, marks, and the tables of the compressor."""


class ForestCost(NamedTuple):
    """Bytes of one forest."""

    memory: int
    """At rest: all that it holds, without boxes."""
    boxes: int
    """Besides, while it keeps boxes."""
    saved: int
    """Of its arrays in a saved state, compressed."""


def forest_cost(arena: ForestArena, records: int, at_once: int = 1, bits: int = 24) -> ForestCost:
    """What a forest costs that has learned so many records (0 or more), in an arena of its shape, whatever that holds.

    at_once: how many of them came together as the first. bits: significant ones of a value, at most 24.

    An expectation: for values that are noise, to about a tenth. Values of few digits make smaller states, and cuts
    that part samples less evenly than those of noise more nodes.
    """
    f, config = arena.forests, arena.config
    held = contents(config, records)
    samples = _grown(FIRST_SAMPLES, held.samples, lambda size: more_samples(size, config))
    nodes = _room_for_nodes(config, held, min(at_once, records))
    room = _room_for_records(config, records)
    runs = _grown(FIRST_RUNS, held.runs + 1, more_runs)
    memory = round(
        SLOT.itemsize
        + trees_nbytes(f)
        + stride(samples, config) * config.n_trees * (2 if room <= MOST_RECORDS else 4)
        + nodes * config.n_trees * f.nodes.itemsize
        + room * config.n_features * f.records.itemsize
        + runs * (f.run_first.itemsize + f.run_number.itemsize)
        + 3 * f.marks.itemsize
    )
    boxes = round(nodes * config.n_trees * box_nbytes(f))
    return ForestCost(memory, boxes, _saved(config, held, bits))


def _grown(size: int, wanted: float, step: Callable[[int], int]) -> int:
    """The size of a region that began at `size`, and grew by steps until it had room for what is wanted."""
    while size < wanted:
        size = step(size)
    return size


def _room_for_nodes(config: ForestConfig, held: Contents, at_once: int) -> float:
    """Nodes per tree that a slot's region has room for, in expectation; the first is for all that come at once."""
    most = held.samples - config.bucket_size
    sizes = []
    for quantile in _QUANTILES:
        largest = held.most_nodes + 1 + held.nodes_scale * -math.log(-math.log(quantile))
        wanted = max(min(largest, most), at_once - config.bucket_size)
        sizes.append(_grown(0, wanted, more_nodes))
    return sum(sizes) / len(sizes)


def _room_for_records(config: ForestConfig, records: int) -> int:
    """Records that a slot's region has room for: it grows where it stays nearly full once it was compacted."""
    size, learned, held = FIRST_RECORDS + 2 * config.shingle_size, 0, 0.0
    final = contents(config, records).records
    while learned + size - held < records and (final + 1) * SPARE > size * (SPARE - 1):
        learned += math.ceil(size - held)
        held = contents(config, learned).records
        if (held + 1) * SPARE > size * (SPARE - 1):
            size = more_records(size)
    return size


def _saved(config: ForestConfig, held: Contents, bits: int) -> int:
    dimension = math.log2(config.dimensions) / 8 + _SAVED_DIMENSION
    starts = 0.0
    if 0 < held.distinct < held.records:
        share = held.distinct / held.records
        entropy = -share * math.log2(share) - (1 - share) * math.log2(1 - share)
        starts = held.records * entropy / 8
    nodes = held.nodes * config.n_trees
    return round(
        _SAVED_REST
        + (_SAVED_TREE if held.points > config.sample_size else _SAVED_YOUNG) * config.n_trees
        + noise(nodes)
        + nodes * dimension
        + noise(held.records * config.n_features, bits)
        + starts
        + _SAVED_RUN * held.runs
    )


def noise(values: float, bits: int = 24) -> float:
    """Bytes that noisy float32 values of so many significant bits take of a saved state.

    Sign and exponent take half a byte, the first bit none; a code's tables weigh on few values.
    """
    return values * (bits / 8 + 0.4) + 10 * math.sqrt(values)
