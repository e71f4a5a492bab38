"""What all forests are given: noisy sines."""

from __future__ import annotations

import numpy as np

from benchmarks.peers import Shape, Trial

SHAPES = [Shape(1, 1), Shape(1, 8), Shape(5, 4), Shape(1, 48), Shape(32, 1)]
TYPICAL, WIDE = Shape(1, 8), Shape(5, 4)
WARMUP = 12_000
"""Records behind which reservoirs are in their steady state: more than four times 1 / decay."""


def trial(shape: Shape, n_trees: int, n: int) -> Trial:
    """n records: sines of amplitude 5 with unit normal noise, each feature in its own phase."""
    t = np.arange(n)[:, None] * (2 * np.pi / 50) + np.arange(shape.features)
    records = 5 * np.sin(t) + np.random.default_rng(7).normal(size=(n, shape.features))
    return Trial(shape, n_trees, records.astype(np.float32))
