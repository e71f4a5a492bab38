"""Series that look like those of machines, and forests that have learned them."""

from __future__ import annotations

import numpy as np

from models.forest import RandomCutForest
from tests.models.forest.invariants import pointers, seed_of_tree
from tests.naive import Node


def cycle(n: int, features: int = 2, seed: int = 5) -> np.ndarray:
    """(n, features) noisy cycles, rounded so that some values are equal."""
    rng = np.random.default_rng(seed)
    t = np.arange(n)[:, None] / 3 + np.arange(features)
    return np.round(np.sin(t) * 5 + rng.normal(size=(n, features)), 1)


def forest(rows: np.ndarray | None = None, **parameters: object) -> RandomCutForest:
    """A small forest over shingles of three."""
    made = RandomCutForest(**({"n_trees": 6, "sample_size": 24, "shingle_size": 3} | parameters))
    if rows is not None:
        made.learn_many(rows)
    return made


def trees_of(used: RandomCutForest) -> list[tuple[int, Node]]:
    """Seed and root of each tree."""
    arena = used._arena
    assert arena is not None
    roots = [pointers(arena, 0, tree) for tree in range(used.n_trees)]
    return [
        (seed_of_tree(arena, 0, tree), root) for tree, root in enumerate(roots) if root is not None
    ]
