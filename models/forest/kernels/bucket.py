"""Inside a bucket: the random cut tree over its few points, drawn from them alone, as a point x passes through it.

The draws hang on the tree's seed and on the set of points, in no order: the same points give the same cuts, however
they came together. Given its points, a subtree of a random cut tree is a random cut tree over them (Guha et al. 2016,
section 2), so drawing it anew keeps the distribution.
"""

from __future__ import annotations

import numpy as np

from models.compiled import Floats, Ints, index, inlined, signed
from models.forest.kernels.lanes import bits_of
from models.forest.kernels.layout import Forests
from models.forest.kernels.randomness import GOLDEN, M1, M2, mix
from models.forest.kernels.span import span
from models.forest.kernels.store import point_offset
from models.forest.kernels.tree import sample_base


@inlined
def gather(f: Forests, slot: int, tree: int, a: int, m: int) -> np.uint64:
    """Put the offsets of m samples from a on into f.members; returns what their set hashes to."""
    base, last, key = (
        sample_base(f, slot, tree) + a,
        f.n_features * f.shingle_size - 1,
        np.uint64(0),
    )
    for j in range(index(m)):
        y = point_offset(f, slot, signed(f.samples[index(base) + j]))
        f.members[j] = y
        key += bits_of(f.records[index(y + last)]) * M1 + bits_of(f.records[index(y)]) * M2
    return key


@inlined
def first_word(seed: np.uint64, key: np.uint64) -> np.uint64:
    """The random word of a bucket's first cut; `seed` is that of the tree."""
    return mix(seed ^ (key * GOLDEN))


@inlined
def next_word(word: np.uint64, goes_left: bool) -> np.uint64:
    """The random word of the next cut on one side."""
    return mix(word + (GOLDEN if goes_left else M1))


@inlined
def members_overflow(
    f: Forests, m: int, b: int, xs: Floats, x: int
) -> tuple[np.float64, np.float64]:
    """Make box b that of the first m members; (overflow, extent) of it and x."""
    dims = f.n_features * f.shingle_size
    overflow, extent = span(f.boxes, b, f.records, f.members, m, xs, x, dims)
    return np.float64(overflow), np.float64(extent)


@inlined
def keep_side(xs: Floats, members: Ints, m: int, dim: int, cut: np.float32, left: bool) -> int:
    """Leave only the members on one side of a cut, in their order; returns how many."""
    kept = 0
    for j in range(index(m)):
        y = members[j]
        members[index(kept)] = y
        kept += 1 if (xs[index(y + dim)] <= cut) == left else 0
    return kept
