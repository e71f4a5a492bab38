"""The walks of one point through all trees of a slot, in step.

A walk is a chain of loads that wait for one another; the trees' walks do not. Taken level by level, a processor has
those of many trees under way at once: with more forests than its caches hold, that is worth a factor of five.
"""

from __future__ import annotations

from models.compiled import Floats, index, inlined, kernel, signed
from models.forest.kernels.layout import DUPLICATE, Forests
from models.forest.kernels.prefetch import prefetch, prefetch_range
from models.forest.kernels.store import point_offset
from models.forest.kernels.tree import box_offset, node_base, sample_base

NODE, FIRST, MASS, NODES, DEPTH, WAITING = range(6)
"""Columns of `Forests.walks`: of tree t the node, the first sample, the samples and the nodes of the subtree that the
walk is in; the nodes passed; and, no matter of tree t, the t-th tree that has still to go on."""
WALK = 6


@kernel
def walk_trees(f: Forests, slot: int, xs: Floats, x: int) -> None:
    """Follow the cuts of every tree to the leaf where x belongs; the slot holds samples.

    Fills f.walks, and f.steps[k, t] with (node, first sample, samples) at depth k of the walk in tree t.
    """
    walks, waiting = f.walks, 0
    for tree in range(index(f.n_trees)):
        n = signed(f.counts[slot, tree])
        walks[tree, NODE], walks[tree, FIRST], walks[tree, DEPTH] = 0, 0, 0
        walks[tree, MASS], walks[tree, NODES] = signed(f.sizes[slot, tree]), n
        walks[index(waiting), WAITING] = tree
        waiting += 1 if n > 0 else 0
    depth = 0
    while waiting > 0:
        waiting = _step(f, slot, xs, x, waiting, depth)
        depth += 1
    _reach_leaves(f, slot)


@inlined
def passed(f: Forests, tree: int, depth: int) -> tuple[int, int, int]:
    """(node, first sample, samples) at a depth of the last walk in a tree."""
    d, t = index(depth), index(tree)
    return signed(f.steps[d, t, 0]), signed(f.steps[d, t, 1]), signed(f.steps[d, t, 2])


@inlined
def _step(f: Forests, slot: int, xs: Floats, x: int, waiting: int, depth: int) -> int:
    """Take each of the `waiting` walks one node further; how many have still to go on."""
    walks, steps, going, d = f.walks, f.steps, 0, index(depth)
    for j in range(index(waiting)):
        tree = index(walks[j, WAITING])
        i, a, m = walks[tree, NODE], walks[tree, FIRST], walks[tree, MASS]
        node = f.nodes[index(node_base(f, slot, tree) + i)]
        dim = signed(node["dim"])
        if dim == DUPLICATE:
            continue
        steps[d, tree, 0], steps[d, tree, 1], steps[d, tree, 2] = i, a, m
        left, skip = signed(node["left"]), signed(node["skip"])
        # Arithmetic, because a branch would be taken at random.
        right = signed(xs[index(x + dim)] > node["cut"])
        n = skip + right * (walks[tree, NODES] - 1 - 2 * skip)
        walks[tree, NODE] = i + 1 + right * skip
        walks[tree, FIRST] = a + right * left
        walks[tree, MASS] = left + right * (m - 2 * left)
        walks[tree, NODES], walks[tree, DEPTH] = n, depth + 1
        walks[index(going), WAITING] = tree
        going += signed(n > 0)
    return going


@inlined
def _reach_leaves(f: Forests, slot: int) -> None:
    """Ask for the leaves' points, and for the boxes that a climb from there reads first."""
    walks, dims = f.walks, f.n_features * f.shingle_size
    for tree in range(index(f.n_trees)):
        prefetch(f.samples, sample_base(f, slot, tree) + walks[tree, FIRST])
    boxed = f.slots[slot]["box_start"] >= 0
    for tree in range(index(f.n_trees)):
        depth = walks[tree, DEPTH]
        if boxed and depth > 0:
            i = f.steps[index(depth - 1), tree, 0]
            prefetch_range(f.boxes, box_offset(f, slot, tree, i), 2 * dims)
        first = sample_base(f, slot, tree) + walks[tree, FIRST]
        held = walks[tree, MASS] if walks[tree, NODES] == 0 else 1
        for a in range(index(first), index(first + held)):
            prefetch_range(f.records, point_offset(f, slot, signed(f.samples[a])), dims)
