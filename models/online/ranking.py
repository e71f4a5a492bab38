"""How well the answers to two classes are told apart: the area under the ROC curve, from counts in bins."""

from __future__ import annotations

import math

BINS = 1_024
REACH = 16.0
"""Log odds beyond it are one: a probability of about 1e-7."""


class Ranking:
    """The chance that a positive label had the higher probability than a negative one; equal bins count half (Hanley
    & McNeil 1982).

    Bins are of log odds, so that answers to a rare class, all near 0, are apart. One label costs the same however many
    bins there are, where River's measure updates a confusion matrix for each threshold.
    """

    def __init__(self) -> None:
        self._bins: dict[int, list[int]] = {}
        """Bin -> how many negative labels and how many positive ones."""

    def update(self, label: bool, probability: float) -> None:
        """Count a label in; probability: what was said of its being true, in [0, 1]."""
        self._bins.setdefault(_bin(probability), [0, 0])[label] += 1

    def get(self) -> float | None:
        """The area, in [0, 1]; None while one of the two classes has not been seen."""
        below, won = 0, 0.0
        for _, (negative, positive) in sorted(self._bins.items()):
            won += positive * (below + negative / 2.0)
            below += negative
        pairs = below * sum(positive for _, positive in self._bins.values())
        return won / pairs if pairs else None

    def state(self) -> list[list[int]]:
        """[bin, negative, positive] of every bin that is not empty, ascending."""
        return [[place, *counts] for place, counts in sorted(self._bins.items())]

    def restore(self, state: list[list[int]]) -> None:
        """Take the place of all that is here."""
        self._bins = {place: [negative, positive] for place, negative, positive in state}


def _bin(probability: float) -> int:
    if probability <= 0.0:
        return 0
    if probability >= 1.0:
        return BINS - 1
    odds = math.log(probability) - math.log1p(-probability)
    place = math.floor((odds + REACH) / (2.0 * REACH) * (BINS - 2)) + 1
    return min(max(place, 1), BINS - 2)
