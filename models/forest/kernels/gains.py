"""Statistics of a point as expectations over where a random cut would part it from the sample.

A new point is parted at depth k of a tree, from a subtree of m samples, with a probability that its boxes tell. A
*statistic* is what that event is worth, and what it is worth to reach a leaf: a new one is a new branch here.

inverse depth   1 / (k + 1), normalised by log2(tree mass + 1): about 0.8 to 1 for the usual, at most
                log2(sample_size + 1)
displacement    collusive displacement (CoDisp; Bartos, Mullapudi & Troutman 2019; Guha et al. 2016, Definition 3): the
                greatest ratio of sibling mass to own mass on the way up from the point, had it been inserted there;
                an exact expectation, so nothing is inserted and no random number is drawn
"""

from __future__ import annotations

from models.compiled import Doubles, inlined

INVERSE_DEPTH, DISPLACEMENT, NO_SCORE = 0, 1, 2


@inlined
def gain(kind: int, depth: int, above: float, m: int) -> float:
    """Worth of being parted at a depth from a subtree of m samples.

    `above` is the greatest ratio of sibling mass to own mass among the ancestors.
    """
    if kind == DISPLACEMENT:
        return max(above, float(m))
    return 1.0 / (depth + 1.0)


@inlined
def leaf_gain(
    kind: int, depth: int, above: float, m: int, size: int, equal: bool, logs: Doubles
) -> float:
    """Worth of reaching a leaf of m samples in a tree of `size`: joining it where it equals the point."""
    if not equal:
        return gain(kind, depth, above, m)
    if kind == DISPLACEMENT:
        return above
    return (1.0 - m / (2.0 * size)) / (depth + logs[m])


@inlined
def scale_of(kind: int, size: int, logs: Doubles) -> float:
    """What a tree's expectation is multiplied with."""
    return 1.0 if kind == DISPLACEMENT else logs[size]


@inlined
def ratio_above(above: float, m: int, child: int) -> float:
    """`above` for the child of a subtree of m samples on the way to the point, which counts as one of its samples."""
    return max(above, (m - child) / (child + 1.0))
