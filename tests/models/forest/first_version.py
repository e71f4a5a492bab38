"""Forests as format version 1 saved them, read as plainly as it was written: all cuts, a table of points."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.forest import ForestConfig
from tests.naive import Branch, Leaf, Node, Sample, mass, samples_of
from tests.naive_reservoir import UNIT, Forest, draw

EQUAL = 65535
"""The dimension of a node that only counts equal samples."""


def read(arrays: dict[str, NDArray[Any]], config: ForestConfig) -> Forest:
    """The naive twin of a saved forest, with what fits a bucket in buckets."""
    seed, (_, seen) = int(arrays["seed"][0]), arrays["counters"].tolist()
    shape = config.n_trees, config.sample_size, config.shingle_size
    forest = Forest(*shape, seed, round(config.decay * UNIT), config.bucket_size, seen)
    records = arrays["records"].reshape(-1, config.n_features)
    forest.recent = list(records[len(records) - config.shingle_size :])
    firsts = np.cumsum(arrays["location_steps"], dtype=np.int64)
    points = [
        Sample(int(seq), records[first : first + config.shingle_size].ravel())
        for seq, first in zip(np.cumsum(arrays["sequence_steps"]), firsts, strict=True)
    ]
    nodes = list(zip(*(arrays[name].tolist() for name in ("cut", "dim", "left")), strict=True))
    samples = [points[i] for i in arrays["samples"]]
    for tree, size in enumerate(arrays["sizes"].tolist()):
        if size:
            forest.trees[tree] = bucketed(
                _subtree(nodes[: size - 1], samples[:size]), config.bucket_size
            )
        reservoir = forest.reservoirs[tree]
        for sample in samples[:size]:
            rank = draw(forest.seeds[tree], sample.seq) - forest.fading(sample.seq)
            reservoir.held[sample.seq] = rank
        if size == config.sample_size:
            reservoir.bound = max(reservoir.held.values())
        del nodes[: max(size - 1, 0)], samples[:size]
    return forest


def _subtree(nodes: list[tuple[float, int, int]], samples: list[Sample]) -> Node:
    if not nodes or nodes[0][1] == EQUAL:
        return Leaf(samples)
    cut, dim, left = nodes[0]
    sides = _subtree(nodes[1:left], samples[:left]), _subtree(nodes[left:], samples[left:])
    return Branch(dim, np.float32(cut), *sides)


def bucketed(node: Node, bucket_size: int) -> Node:
    """The tree without the cuts of what fits a bucket."""
    if isinstance(node, Leaf) or mass(node) <= bucket_size:
        return Leaf(sorted(samples_of(node), key=lambda sample: sample.seq))
    sides = bucketed(node.left, bucket_size), bucketed(node.right, bucket_size)
    return Branch(node.dim, node.cut, *sides)
