"""How the forests of many keys lie in memory: one arena of flat arrays.

A *slot* is one key's forest. Its parts live in three heaps, each slot owning one contiguous region of each, so that
a young forest is small, a grown one moves to a larger region, and one forest's memory lies together:

trees    `capacity` entries per tree, tree after tree
    nodes       the internal nodes in preorder: cut value, cut dimension, number of samples in the left subtree
    samples     the reservoir, in the left-to-right order of the leaves: a point id per sample
    priorities  the sampling priority of each sample (the greatest goes first)
    box_slots   which box belongs to which node; a permutation, so moving a node never moves its box
    boxes       bounding boxes: minima, then maxima, per dimension
points   what the samples refer to: where the point starts in the records, its sequence number, its references
records  the last records themselves; a point is `shingle_size` consecutive ones, so overlapping shingles share them

A subtree of m samples is m - 1 consecutive nodes and m consecutive samples. Of node i with left count l: the left
subtree's nodes start at i + 1, the right subtree's at i + l. So masses, children and parents need no pointers, and a
tree's memory has no history: equal trees are equal bytes. Samples of equal value share a leaf: m - 1 nodes marked
DUPLICATE.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

DUPLICATE = 65535
"""Cut dimension of a node that only counts equal samples."""

NODE = np.dtype([("cut", np.float32), ("dim", np.uint16), ("left", np.uint16)])

SLOT = np.dtype(
    [
        ("seed", np.uint64),
        ("seq", np.int64),  # points learned so far: the sequence number of the next
        ("tree_start", np.int64),
        ("capacity", np.int64),  # samples per tree that the region has room for
        ("point_start", np.int64),
        ("point_capacity", np.int64),
        ("points_free", np.int64),
        ("record_start", np.int64),
        ("record_capacity", np.int64),
        ("records", np.int64),  # records held now
        ("seen", np.int64),  # records pushed so far
    ]
)

READY, TREES_FULL, POINTS_FULL, RECORDS_FULL = 0, 1, 2, 3
"""What a slot needs before it can take one more record: nothing, or a larger region of one heap."""


class Forests(NamedTuple):
    """Every array of an arena, in the shape that the kernels take."""

    n_trees: int
    sample_size: int
    n_features: int
    shingle_size: int
    decay: int
    """Time decay per point, in units of 2**-32."""
    slots: NDArray[Any]
    """(slots,) of SLOT."""
    sizes: NDArray[np.int64]
    """(slots, trees): samples held by each tree."""
    worst: NDArray[np.int64]
    """(slots, trees): greatest priority in each reservoir."""
    nodes: NDArray[Any]
    """(trees heap,) of NODE."""
    node_words: NDArray[np.uint64]
    """The same memory as `nodes`, a word per node, for moving them."""
    samples: NDArray[np.uint32]
    priorities: NDArray[np.int64]
    box_slots: NDArray[np.uint16]
    boxes: NDArray[np.float32]
    """(trees heap * 2 * dimensions,)."""
    locations: NDArray[np.uint32]
    """(points heap,): first record of the point, relative to the slot's records."""
    sequence: NDArray[np.int64]
    references: NDArray[np.uint16]
    free_points: NDArray[np.uint32]
    """(points heap,): a stack of unused ids per slot."""
    records: NDArray[np.float32]
    """(records heap * features,)."""
    logs: NDArray[np.float64]
    """logs[m] = log2(m + 1)."""
    path: NDArray[np.int64]
    """(sample size, 3): scratch for a walk, (node, first sample, samples) of every node passed."""
    walks: NDArray[np.int64]
    """(trees, kernels.walks.WALK): scratch for the walks of one point through all trees."""
    steps: NDArray[np.int64]
    """(sample size, trees): scratch for the nodes that they pass."""
    accepted: NDArray[np.int64]
    """(trees, 2): scratch for (tree, priority) of the trees that take a point."""
    box: NDArray[np.float32]
    """Scratch for one box."""
    shares: NDArray[np.float64]
    """(2, dimensions): scratch for one tree's attribution."""
    columns: NDArray[np.float64]
    """(features, trees): scratch for quantiles over trees."""
    moves: NDArray[np.int64]
    """Scratch for compacting the records of one slot: as many as the largest region, and one."""
