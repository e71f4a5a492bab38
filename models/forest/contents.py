"""What a forest holds after so many records, in expectation.

Each tree's reservoir is a weighted sample without replacement (Efraimidis & Spirakis 2006): it keeps the points whose
exponential clocks, of rate e**(-decay * age), rang first. Over many points the last of them rings at a time T that
hardly varies, so a point of age a is in a tree with probability 1 - exp(-T * e**(-decay * age)), in each by itself.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from models.compiled import Doubles
from models.forest.config import ForestConfig

_BLOCKS = 1024
_NEGLIGIBLE = 1e-6
"""Where a point is as rare as this, older ones do not count."""
_UNEVEN = 1.18
"""Cuts of more than one dimension part samples less evenly than a uniform draw does: so many times as many subtrees
are large. Noise of 8 to 48 dimensions has 1.15 to 1.2."""

_CHANGES = 3.0
"""Trees of unlike numbers of nodes that a tree is while its samples are replaced once."""


class Contents(NamedTuple):
    """What one forest holds, in expectation."""

    points: int
    """Points learned so far."""
    samples: int
    """Points held by each tree."""
    distinct: float
    """Different points held by any tree."""
    records: float
    """Records that these points cover, and the newest shingle."""
    runs: float
    """Unbroken runs of such records."""
    nodes: float
    """Stored nodes of a tree."""
    most_nodes: float
    """Stored nodes of the tree that had most of them so far: the mode."""
    nodes_scale: float
    """By how much this varies: the scale of Gumbel's distribution."""


def contents(config: ForestConfig, records: int) -> Contents:
    """What a forest holds that has learned so many records (0 or more) of a key."""
    points = max(records - config.shingle_size + 1, 0)
    newest = min(records, config.shingle_size - 1)
    samples = min(points, config.sample_size)
    nodes = _nodes(config, points)
    if points <= config.sample_size:
        return Contents(points, samples, points, records, min(records, 1), *nodes)
    ages, width = _ages(config, points)
    clock = _clock(config.decay, ages, width, config.sample_size)
    missed = config.n_trees * clock  # in the exponent of the probability that no tree has a point
    distinct = _total(missed * _weights(config.decay, ages), width)
    covering = missed * _covering(config.decay, ages, config.shingle_size)
    wider = missed * _covering(config.decay, ages, config.shingle_size + 1)
    # A run ends where a record is covered by none of its points, and the one before it still by one of its own.
    ends = float(np.sum((np.exp(-covering) - np.exp(-wider)) * width))
    held = _total(covering, width) + newest
    return Contents(points, samples, distinct, held, ends + 1, *nodes)


def steady(config: ForestConfig) -> int:
    """Records of a key from which on a forest holds, in expectation, what it will always hold.

    Without decay it never comes to that; then as many as fill it a hundred times over.
    """
    if config.decay == 0:
        return 100 * config.sample_size
    return config.sample_size + config.shingle_size + math.ceil(_reach(config))


def _reach(config: ForestConfig) -> float:
    """The age beyond which hardly any point is in any tree."""
    most = config.n_trees * config.shingle_size * config.sample_size / _NEGLIGIBLE
    return math.log(most) / config.decay


def _ages(config: ForestConfig, points: int) -> tuple[Doubles, Doubles]:
    """The middle of blocks of ages of points, the newest 0, and how many ages are in each.

    Beyond some age no tree has a point, so that the blocks need not reach to the first.
    """
    oldest = points
    if config.decay > 0:
        oldest = min(points, config.sample_size + math.ceil(_reach(config)))
    edges = np.unique(np.linspace(0, oldest, min(oldest, _BLOCKS) + 1).astype(np.int64))
    width = np.diff(edges).astype(np.float64)
    return edges[:-1] + (width - 1) / 2, width


def _weights(decay: float, ages: Doubles) -> Doubles:
    return np.exp(-decay * ages)


def _covering(decay: float, ages: Doubles, shingle: int) -> Doubles:
    """The sum of the weights of the points, of so many consecutive ones, of which each age is the oldest's."""
    if decay == 0:
        return np.full(len(ages), float(shingle))
    ratio = math.exp(-decay)
    return _weights(decay, ages) * (1 - ratio**shingle) / (1 - ratio)


def _total(exponents: Doubles, width: Doubles) -> float:
    return float(np.sum(-np.expm1(-exponents) * width))


def _clock(decay: float, ages: Doubles, width: Doubles, samples: int) -> float:
    """The time T at which as many points are expected in a tree as it holds."""
    weights = _weights(decay, ages)
    low, high = 0.0, 1.0
    while _total(high * weights, width) < samples:
        high *= 2.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if _total(middle * weights, width) < samples else (low, middle)
    return high


def _nodes(config: ForestConfig, points: int) -> tuple[float, float, float]:
    """Nodes of a tree on average, and of the largest of all trees that there were: mode and scale.

    Where every part of n samples is as likely as any other, 2n / (b + 1) - 1 subtrees have more than b of them. Their
    variance is about 2/7 (b - 1) / (b + 2) of that; uneven cuts add to it, as measured. A tree is another one once a
    part of its samples are others.
    """
    samples, bucket = min(points, config.sample_size), config.bucket_size
    if samples <= bucket:
        return 0.0, 0.0, 0.0
    uneven = 1.0 if config.dimensions == 1 or bucket == 1 else _UNEVEN
    most = float(samples - bucket)
    mean = min(uneven * (2 * samples / (bucket + 1) - 1), most)
    deviation = math.sqrt(mean * uneven**3 * 2 / 7 * (bucket - 1) / (bucket + 2))
    # While it fills, and then each time that it has forgotten what it held.
    lives = 1 + _CHANGES * (math.log(max(points / samples, 1.0)) + config.decay * points)
    trees = max(config.n_trees * lives, 3.0)
    # The greatest of so many normal numbers (Fisher & Tippett 1928).
    steep = math.sqrt(2 * math.log(trees))
    mode = steep - (math.log(math.log(trees)) + math.log(4 * math.pi)) / (2 * steep)
    return mean, min(mean + mode * deviation, most), deviation / steep
