"""What users like by content: a decayed sum of the vectors of the items that they touched."""

from __future__ import annotations

import math

import numpy as np

from models.compiled import Doubles, Floats, Ints, inlined, kernel


@kernel
def learn_profiles(
    users: Ints,
    items: Ints,
    weights: Doubles,
    vectors: Floats,
    profiles: Floats,
    dirty: np.ndarray,
    decay: float,
) -> None:
    """Learn interactions (n,) in order: profile = decay * profile + weight * vector.

    Items without a vector leave a profile as it is.
    """
    for event in range(len(users)):
        user, item, weight = users[event], items[event], weights[event]
        if weight > 0.0 and length(vectors[item]) > 0.0:
            for d in range(profiles.shape[1]):
                profiles[user, d] = decay * profiles[user, d] + weight * vectors[item, d]
            dirty[user] = 1


@inlined
def length(vector: Floats) -> float:
    """Euclidean length."""
    squares = 0.0
    for d in range(len(vector)):
        squares += vector[d] * vector[d]
    return math.sqrt(squares)


@kernel
def likeness(profile: Floats, vectors: Floats, rows: Ints, scores: Floats) -> None:
    """Cosine of a profile (64,) with the vectors, each of length 1 or 0, of some rows (n,), into scores (n,).

    All are 0 for a profile of length 0.
    """
    size = length(profile)
    for place in range(len(rows)):
        dot = 0.0
        for d in range(len(profile)):
            dot += profile[d] * vectors[rows[place], d]
        scores[place] = dot / size if size > 0.0 else 0.0
