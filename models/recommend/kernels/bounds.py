"""Ordering items by promise, so that the best ones share blocks; see kernels.layout.Bounds."""

from __future__ import annotations

import math

import numpy as np

from models.compiled import Doubles, kernel
from models.recommend.kernels.arithmetic import dot, log2
from models.recommend.kernels.layout import BLOCK, GROUPS, Bounds, Factors, Trends
from models.recommend.kernels.trends import FLOOR, carry, popularity, value_counts


@kernel
def promise(t: Trends, f: Factors, values: Doubles, into: Doubles) -> None:
    """How likely each of the rows (n,) is to be among the best of somebody, whatever the weights."""
    value_counts(t, values)
    for item in range(len(into)):
        into[item] = f.biases[item]
        for c in range(t.counts.shape[1] - GROUPS):
            into[item] += log2(popularity(t, values, item, c) + FLOOR)


@kernel
def bound_blocks(t: Trends, f: Factors, b: Bounds, extent: int) -> None:
    """Make all bounds but the clusters as tight as they can be. Places from `extent` on must be empty."""
    b.counts[:] = 0.0
    b.norms[:] = 0.0
    b.biases[:] = 0.0
    b.own[:] = 0.0
    for place in range(extent):
        item = b.order[place]
        if item < 0:
            continue
        block = place // BLOCK
        for c in range(t.counts.shape[1]):
            count = t.counts[item, c] * carry(t.at[item], t.starts[c], t.spans[c])
            b.own[place, c] = count
            b.counts[block, c] = max(b.counts[block, c], b.own[place, c])
        norm = np.float32(math.sqrt(dot(f.items, item, f.items, item)))
        b.norms[block] = max(b.norms[block], norm)
        b.biases[block] = max(b.biases[block], f.biases[item])
