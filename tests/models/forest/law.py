"""The exact laws that trees and reservoirs must follow, and what a chi-square test of so many draws would find."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from itertools import pairwise, product

import numpy as np
from scipy import stats

from tests import naive

SIGNIFICANT = 1e-4
"""A p-value below it fails. Seeds are fixed, so nothing flickers."""
RARE = 5.0
"""Outcomes that are expected less often than this are counted together."""

Law = dict[Hashable, float]


def shape(node: naive.Node) -> Hashable:
    """The dimensions of the cuts, and the numbers of the samples at the leaves."""
    if isinstance(node, naive.Leaf):
        return tuple(sorted(sample.seq for sample in node.samples))
    return (node.dim, shape(node.left), shape(node.right))


def shapes(samples: list[naive.Sample], bucket_size: int = 1, by_length: bool = True) -> Law:
    """How likely each shape of a tree is that is built at once from the definition, by enumeration.

    A dimension by side length, a cut uniform in its side, and so on for both parts. Not `by_length`: a law to be told
    from it, that takes each dimension which has a side as often as any other.
    """
    points = np.array([sample.x for sample in samples], np.float64)
    sides = np.ptp(points, axis=0)
    if len(samples) <= bucket_size or not sides.any():
        return {tuple(sorted(sample.seq for sample in samples)): 1.0}
    law: Law = {}
    for dim in np.flatnonzero(sides):
        values = np.unique(points[:, dim])
        dimension = sides[dim] / sides.sum() if by_length else 1 / np.count_nonzero(sides)
        for low, high in pairwise(values):
            parts = naive.parted(samples, int(dim), low)
            below = [shapes(part, bucket_size, by_length) for part in parts]
            for (left, p), (right, q) in product(*(part.items() for part in below)):
                key = (int(dim), left, right)
                law[key] = law.get(key, 0.0) + dimension * (high - low) / sides[dim] * p * q
    return law


def mixed(law: Mapping[Hashable, float], other: Mapping[Hashable, float], share: float) -> Law:
    """The law of draws of which a share follows another."""
    keys = law.keys() | other.keys()
    return {k: (1 - share) * law.get(k, 0.0) + share * other.get(k, 0.0) for k in keys}


def p_value(law: Mapping[Hashable, float], drawn: Iterable[Hashable]) -> float:
    """How likely draws that fit the law no better are under it; 0 where one of them is impossible."""
    counts = Counter(drawn)
    if not counts.keys() <= law.keys():
        return 0.0
    usual, expected = _classes(law, counts.total())
    got = np.array([*(counts[k] for k in usual), counts.total() - sum(counts[k] for k in usual)])
    return float(stats.chisquare(got[expected > 0], expected[expected > 0]).pvalue)


def power(law: Mapping[Hashable, float], other: Mapping[Hashable, float], n: int) -> float:
    """How likely `p_value` of n draws from another law is significant.

    What no draw of the law can be counts as found where it makes up more than 20 of the n draws.
    """
    usual, expected = _classes(law, n)
    if n * (1 - sum(other.get(k, 0.0) for k in law)) > 20:
        return 1.0
    common = [n * other.get(k, 0.0) for k in usual]
    got = np.array([*common, n - sum(common)])
    got, expected = got[expected > 0], expected[expected > 0]
    freedom, distance = len(got) - 1, float(np.sum((got - expected) ** 2 / expected))
    return float(stats.ncx2.sf(stats.chi2.isf(SIGNIFICANT, freedom), freedom, distance))


def _classes(law: Mapping[Hashable, float], n: int) -> tuple[list[Hashable], np.ndarray]:
    """Outcomes that are usual in n draws; how often each, and all others together, are expected."""
    usual = sorted((k for k in law if n * law[k] >= RARE), key=repr)
    common = [n * law[k] for k in usual]
    rest = n - sum(common)
    return usual, np.array([*common, rest if rest > 1e-6 * n else 0.0])


def inclusion(weights: np.ndarray, capacity: int) -> np.ndarray:
    """How likely each point is in a reservoir that keeps those of the smallest Exp(1) / weight.

    Point i is, if it comes at a time t (density w e**(-w t)) at which fewer than `capacity` others have come.
    """
    times = np.exp(np.linspace(-16, 8, 600)) / np.mean(weights)
    come = 1 - np.exp(-np.outer(weights, times))
    held = np.zeros_like(come)
    for i, weight in enumerate(weights):
        # fewer[m]: probability that m of the others have come, as they are told in one by one.
        fewer = np.zeros((capacity, len(times)))
        fewer[0] = 1.0
        for other in np.delete(come, i, axis=0):
            fewer[1:] = fewer[1:] * (1 - other) + fewer[:-1] * other
            fewer[0] *= 1 - other
        held[i] = weight * times * np.exp(-weight * times) * fewer.sum(axis=0)
    return held.sum(axis=1) * (np.log(times[1]) - np.log(times[0]))
