"""Groups of items with like content, by which exact search bounds what content adds to a score."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.compiled import Doubles, Floats
from models.recommend.kernels.layout import CLUSTERS, OPEN

SAMPLE = 1_024
"""Items that the centres are made from."""
ROUNDS = 3
"""Of moving the centres to the means."""
ROUNDING = 1e-5


class Clusters:
    """Centres of item vectors, and the cluster of each item. Derived: an answer is the same, whatever they are."""

    def __init__(self, width: int) -> None:
        self.centres: Floats = np.zeros((CLUSTERS, width), np.float32)
        self.radii: Doubles = np.zeros(CLUSTERS)
        self.labels: NDArray[np.uint8] = np.zeros(0, np.uint8)
        """(rows,): OPEN where the content is not known, or has changed."""
        self._made = 0

    def fit(self, vectors: Floats, extent: int) -> None:
        """Put each row below `extent` into a cluster; where they have become twice as many, make new centres first."""
        if extent > len(self.labels):
            longer = np.full(len(vectors), OPEN, np.uint8)
            longer[: len(self.labels)] = self.labels
            self.labels = longer
        if extent >= 2 * self._made:
            sample = vectors[: extent : max(extent // SAMPLE, 1)]
            self.centres = _centres(sample[sample.any(axis=1)])
            self.radii[:] = 0.0
            self.labels[:] = OPEN
            self._made = extent
        new = np.flatnonzero(self.labels[:extent] == OPEN)
        for part in np.array_split(new, len(new) // 10_000 + 1):
            self._assign(vectors[part], part)

    def open(self, row: int) -> None:
        """The content of a row has changed."""
        if row < len(self.labels):
            self.labels[row] = OPEN

    def _assign(self, vectors: Floats, rows: NDArray[np.int64]) -> None:
        if not len(rows):
            return
        labels = _nearest(vectors, self.centres)
        self.labels[rows] = labels
        away = np.sqrt(((vectors - self.centres[labels]) ** 2).sum(axis=1, dtype=np.float64))
        np.maximum.at(self.radii, labels, away + ROUNDING)


def _nearest(vectors: Floats, centres: Floats) -> NDArray[np.int64]:
    """(n,): the cluster of each; the first is of vectors of length 0."""
    half = 0.5 * (centres[1:] ** 2).sum(axis=1)
    labels: NDArray[np.int64] = np.argmax(vectors @ centres[1:].T - half, axis=1) + 1
    labels[~vectors.any(axis=1)] = 0
    return labels


def _centres(sample: Floats) -> Floats:
    """(CLUSTERS, width): begun far from each other, then k-means."""
    centres = np.zeros((CLUSTERS, sample.shape[1]), np.float32)
    if not len(sample):
        return centres
    nearest = np.full(len(sample), -np.inf)
    chosen = 0
    for k in range(1, CLUSTERS):
        centres[k] = sample[chosen]
        nearest = np.maximum(nearest, sample @ centres[k])
        chosen = int(np.argmin(nearest))
    for _ in range(ROUNDS):
        labels = _nearest(sample, centres)
        for k in np.unique(labels).tolist():
            centres[k] = sample[labels == k].mean(axis=0)
    return centres
