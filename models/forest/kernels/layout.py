"""How the forests of many keys lie in memory: one arena of flat arrays.

A *slot* is one key's forest. Its parts live in heaps, each slot owning one contiguous region of each, so that a young
forest is small, a grown one moves to a larger region, and one forest's memory lies together:

nodes    `node_capacity` per tree, tree after tree: the internal nodes in preorder: cut value, cut dimension, number of
         samples and of nodes in the left subtree
samples  a *stride* per tree: the reservoir, in the left-to-right order of the leaves: for each sample the record that
         its point starts with; behind it, once the reservoir is full, the queue of those to be evicted next
boxes    as many as nodes, for slots that have any: minima, then maxima, per dimension, of the samples below a node;
         `box_slots` says which box is whose, so moving a node never moves its box
records  the last records themselves; a point is `shingle_size` consecutive ones, so overlapping shingles share them
runs     which records these are: first record of each run of consecutive ones, and its number in the stream
marks    how much a point's priority has faded, as a piecewise linear function of its number

Subtrees of at most `bucket` samples keep no nodes: they are *buckets*, whose inner cuts are drawn anew each time, from
their points alone. Three quarters of a tree's nodes and boxes are never stored. A larger subtree whose points are all
equal is one node marked DUPLICATE. Children and parents need no pointers: the left child of node i is i + 1, the right
one i + 1 + skip; equal trees are equal bytes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

DUPLICATE = 65535
"""Cut dimension of a node that stands for a leaf of more equal samples than a bucket holds."""

QUEUE = 16
"""Samples of a full reservoir that are kept in the order in which they will be evicted."""

NODE = np.dtype([("cut", np.float32), ("dim", np.uint16), ("left", np.uint8), ("skip", np.uint8)])
WIDE_NODE = np.dtype(
    [
        ("cut", np.float32),
        ("dim", np.uint16),
        ("left", np.uint16),
        ("skip", np.uint16),
        ("unused", np.uint16),
    ]
)
"""For reservoirs of more than 256 samples."""

SLOT = np.dtype(
    [
        ("seed", np.uint64),
        ("seen", np.int64),  # records pushed so far; a point's number is that of its first record
        ("paused", np.int64),  # 1 while nothing is learned
        ("capacity", np.int64),  # samples per tree that the region has room for
        ("sample_start", np.int64),
        ("node_start", np.int64),
        ("node_capacity", np.int64),  # nodes per tree
        ("box_start", np.int64),  # -1 where the slot has no boxes
        ("record_start", np.int64),
        ("record_capacity", np.int64),
        ("records", np.int64),  # records held now
        ("run_start", np.int64),
        ("run_capacity", np.int64),
        ("runs", np.int64),
        ("mark_start", np.int64),
        ("mark_capacity", np.int64),
        ("marks", np.int64),
    ]
)

READY, SAMPLES_FULL, NODES_FULL, RECORDS_FULL, RUNS_FULL = 0, 1, 2, 3, 4
"""What a slot needs before it can take one more record: nothing, or a larger region of one heap."""


class Forests(NamedTuple):
    """Every array of an arena, in the shape that the kernels take."""

    n_trees: int
    sample_size: int
    n_features: int
    shingle_size: int
    bucket: int
    """Greatest number of samples of a subtree that keeps no nodes."""
    slots: NDArray[Any]
    """(slots,) of SLOT."""
    sizes: NDArray[np.uint16]
    """(slots, trees): samples held by each tree."""
    counts: NDArray[np.uint16]
    """(slots, trees): nodes of each tree."""
    queued: NDArray[np.uint8]
    """(slots, trees): samples in the queue; 0 in a reservoir that is not full."""
    bounded: NDArray[np.bool_]
    """(slots, trees): whether the reservoir has ever been full."""
    bounds: NDArray[np.int64]
    """(slots, trees): the priority that a point must stay below to be taken, where bounded."""
    floors: NDArray[np.int64]
    """(slots, trees): no sample outside the queue has a greater priority, where one is queued."""
    nodes: NDArray[Any]
    """(nodes heap,) of NODE or WIDE_NODE."""
    node_words: NDArray[Any]
    """The same memory as `nodes`, for moving them: a uint64 each, or three uint32."""
    samples: NDArray[Any]
    """(samples heap,): uint16, or uint32 once a slot holds more records than that can number."""
    box_slots: NDArray[np.uint16]
    boxes: NDArray[np.float32]
    """(SCRATCH_BOXES + boxes heap) * 2 * dimensions; the first boxes are scratch."""
    records: NDArray[np.float32]
    """(records heap * features,)."""
    run_first: NDArray[np.uint32]
    """(runs heap,): index of the run's first record in the slot's records."""
    run_number: NDArray[np.int64]
    """(runs heap,): that record's number in the stream."""
    marks: NDArray[np.int64]
    """(marks heap, 3): from which point on, how much that one has faded, and by how much each later one fades more."""
    logs: NDArray[np.float64]
    """logs[m] = log2(m + 1)."""
    path: NDArray[np.int64]
    """(sample size + 1, 4): scratch for a walk, kernels.tree's columns for every node passed."""
    walks: NDArray[np.int64]
    """(trees, kernels.walks.WALK): scratch for the walks of one point through all trees."""
    steps: NDArray[np.int32]
    """(sample size, trees, 3): scratch for the nodes that they pass."""
    above: NDArray[np.float64]
    """(sample size + 1,): scratch for what a statistic knows on the way down."""
    accepted: NDArray[np.int64]
    """(trees, 2): scratch for (tree, priority) of the trees that take a point."""
    members: NDArray[np.int64]
    """(bucket + 1,): scratch for offsets of a bucket's points."""
    shares: NDArray[np.float64]
    """(2, dimensions): scratch for one tree's attribution."""
    columns: NDArray[np.float64]
    """(features, trees): scratch for quantiles over trees."""
    ranks: NDArray[np.int64]
    """(sample size,): scratch for the priorities of one tree."""
    moves: NDArray[np.int64]
    """Scratch for compacting the records of one slot: as many as the largest region, and one."""
    run_moves: NDArray[np.int64]
    """(largest region of runs, 2): scratch for the same."""


SCRATCH_BOXES = 3
CLIMB, LEVEL, SPLIT = 0, 1, 2
"""The scratch boxes: of the subtree that a climb has reached, of a level inside a bucket, of samples to be split."""
