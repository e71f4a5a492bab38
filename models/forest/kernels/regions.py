"""Dense regions of points: those with many others near, joined where they are near each other.

Ester, Kriegel, Sander & Xu 1996: A Density-Based Algorithm for Discovering Clusters (DBSCAN), with the greatest
difference of any coordinate as distance. Points that are merely near a dense one belong to no region, so that no order
of the points decides on one.
"""

from __future__ import annotations

import numpy as np

from models.compiled import Doubles, Ints, index, inlined, kernel

NONE = -1
"""Region of a point that is in none."""


@kernel
def count_near(points: Doubles, radius: float, counts: Ints) -> None:
    """counts[i] becomes how many of the points (n, coordinates) are within the radius of point i, itself included."""
    for i in range(len(points)):
        counts[i] = 1
    for i in range(len(points)):
        for j in range(i + 1, len(points)):
            if are_near(points, i, j, radius):
                counts[i] += 1
                counts[j] += 1


@kernel
def join_dense(
    points: Doubles, radius: float, counts: Ints, least: int, regions: Ints, waiting: Ints
) -> int:
    """regions[i] becomes the region of point i, if that has `least` points near; returns how many regions there are.

    `waiting` (n,) is scratch.
    """
    found = 0
    for i in range(len(points)):
        regions[i] = NONE
    for i in range(len(points)):
        if counts[i] < least or regions[i] != NONE:
            continue
        regions[i], waiting[0], held = found, i, 1
        while held > 0:
            held -= 1
            k = waiting[held]
            for j in range(len(points)):
                if regions[j] == NONE and counts[j] >= least and are_near(points, k, j, radius):
                    regions[j], waiting[held] = found, j
                    held += 1
        found += 1
    return found


@inlined
def are_near(points: Doubles, i: int, j: int, radius: float) -> bool:
    """Whether two points are nowhere more than the radius apart."""
    near = True
    for c in range(index(points.shape[1])):
        near &= np.abs(points[i, c] - points[j, c]) <= radius
    return near
