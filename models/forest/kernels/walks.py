"""The walks of one point through all trees of a slot, in step.

A walk is a chain of loads that wait for one another; the trees' walks do not. Taken level by level, a processor has
those of many trees under way at once: with more forests than its caches hold, that is worth a factor of five.
"""

from __future__ import annotations

from models.compiled import Floats, index, inlined, kernel
from models.forest.kernels.layout import DUPLICATE, Forests
from models.forest.kernels.prefetch import prefetch, prefetch_range
from models.forest.kernels.store import point_offset
from models.forest.kernels.tree import box_offset, tree_base

NODE, FIRST, MASS, DEPTH, POINT, WAITING = range(6)
"""Columns of `Forests.walks`: of tree t the node (in the trees heap), the first sample and the samples of the subtree
that the walk is in; the nodes passed; where the leaf's point lies in `records`; and, no matter of tree t, the t-th tree
that has still to go on."""
WALK = 6


@kernel
def walk_trees(f: Forests, slot: int, xs: Floats, x: int) -> None:
    """Follow the cuts of every tree to the leaf where x belongs; the slot holds samples.

    Fills f.walks, and f.steps[k, t] with the node at depth k (in its tree) that the walk in tree t has passed.
    """
    walks = f.walks
    for tree in range(index(f.n_trees)):
        walks[tree, NODE], walks[tree, FIRST] = 0, 0
        walks[tree, MASS], walks[tree, DEPTH] = f.sizes[slot, tree], 0
        walks[tree, WAITING] = tree
    waiting = f.n_trees
    while waiting > 0:
        waiting = _step(f, slot, xs, x, waiting)
    _reach_leaves(f, slot)


@inlined
def _step(f: Forests, slot: int, xs: Floats, x: int, waiting: int) -> int:
    """Take each of the `waiting` walks one node further; how many have still to go on."""
    walks, going = f.walks, 0
    for j in range(index(waiting)):
        tree = index(walks[j, WAITING])
        i, m = walks[tree, NODE], walks[tree, MASS]
        node = f.nodes[index(tree_base(f, slot, tree) + i)]
        if m == 1 or node["dim"] == DUPLICATE:
            continue
        depth = walks[tree, DEPTH]
        f.steps[index(depth), tree] = i
        walks[tree, DEPTH] = depth + 1
        left = int(node["left"])
        # No branch: which way it goes is anybody's guess.
        goes_left = xs[index(x + int(node["dim"]))] <= node["cut"]
        walks[tree, NODE] = i + 1 if goes_left else i + left
        walks[tree, FIRST] += 0 if goes_left else left
        walks[tree, MASS] = left if goes_left else m - left
        walks[index(going), WAITING] = tree
        going += 1
    return going


@inlined
def _reach_leaves(f: Forests, slot: int) -> None:
    """Look up the points of the leaves, and ask for what a climb from there reads first."""
    walks, sides = f.walks, 2 * f.n_features * f.shingle_size
    start = f.slots[slot]["point_start"]
    for tree in range(index(f.n_trees)):
        base, depth = tree_base(f, slot, tree), walks[tree, DEPTH]
        walks[tree, POINT] = f.samples[index(base + walks[tree, FIRST])]
        prefetch(f.locations, start + walks[tree, POINT])
        if depth > 0:
            prefetch_range(f.boxes, box_offset(f, base, f.steps[index(depth - 1), tree]), sides)
    for tree in range(index(f.n_trees)):
        walks[tree, POINT] = point_offset(f, slot, walks[tree, POINT])
        prefetch_range(f.records, walks[tree, POINT], sides // 2)
