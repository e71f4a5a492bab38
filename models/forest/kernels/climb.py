"""The boxes that a climb from a leaf passes: kept ones, or built from the samples on the way.

A slot without boxes gives the same ones as a slot with boxes: minima and maxima of the same samples.
"""

from __future__ import annotations

from models.compiled import inlined
from models.forest.kernels.boxes import box_add_samples
from models.forest.kernels.layout import CLIMB, Forests
from models.forest.kernels.tree import box_offset


@inlined
def level_box(
    f: Forests,
    slot: int,
    tree: int,
    boxed: bool,
    i: int,
    a: int,
    m: int,
    below_a: int,
    below_m: int,
) -> int:
    """Offset of the box of node i, with m samples from a on.

    Without boxes, the scratch box CLIMB holds that of the child (below_a, below_m), and is grown by the other child.
    """
    if boxed:
        return box_offset(f, slot, tree, i)
    b = CLIMB * 2 * f.n_features * f.shingle_size
    if below_a == a:
        box_add_samples(f, slot, tree, a + below_m, m - below_m, b)
    else:
        box_add_samples(f, slot, tree, a, m - below_m, b)
    return b
