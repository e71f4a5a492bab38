"""What a forest answers, told plainly: lists and sets, one value at a time. The trees are in tests/naive.py."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tests.naive import Node, bits, near_candidates, near_neighbour

TIE_BREAK = 2**20


def neighbours(
    trees: list[tuple[int, Node]], x: np.ndarray, missing: np.ndarray, seen: int, bucket_size: int
) -> np.ndarray:
    """(trees, dimensions): the near neighbour of x in each tree, given with its seed."""
    return np.array(
        [
            near_neighbour(
                near_candidates(root, x, missing, bucket_size),
                x,
                missing,
                bits(seed, seen, TIE_BREAK),
            ).x
            for seed, root in trees
        ],
        np.float64,
    )


def band(found: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Median, 10 % and 90 % quantile of each column."""
    last, in_order = len(found) - 1, np.sort(found, axis=0)
    return np.median(found, axis=0), in_order[last // 10], in_order[last - last // 10]


def forecast(
    trees: list[tuple[int, Node]],
    recent: np.ndarray,
    horizon: int,
    shingle_size: int,
    seen: int,
    bucket_size: int,
) -> np.ndarray:
    """(3, horizon, features): each record given the `shingle_size - 1` before it, seen or expected."""
    records, width = list(recent.astype(np.float32)), recent.shape[1]
    steps = []
    for _ in range(horizon):
        before = records[len(records) - shingle_size + 1 :]
        x = np.concatenate([*before, np.zeros(width, np.float32)])
        missing = np.arange(len(x)) >= len(x) - width
        found = neighbours(trees, x, missing, seen, bucket_size)
        steps.append(band(found[:, len(x) - width :]))
        records.append(steps[-1][0].astype(np.float32))
    return np.array(steps).transpose(1, 0, 2)


def impute_run(
    trees: list[tuple[int, Node]],
    recent: np.ndarray,
    rows: np.ndarray,
    shingle_size: int,
    seen: int,
    bucket_size: int,
) -> np.ndarray:
    """Rows without gaps, each filled given what is before it, and at most half a shingle of what is after it."""
    known = recent[len(recent) - shingle_size + 1 :]
    records = np.concatenate([known, rows]).astype(np.float32)
    width, before = rows.shape[1], shingle_size - 1
    for t in range(before, len(records)):
        if np.isnan(records[t]).any():
            last = min(t + before // 2, len(records) - 1)
            shingle = records[last - before : last + 1].ravel()
            found = neighbours(trees, np.nan_to_num(shingle), np.isnan(shingle), seen, bucket_size)
            at = (t - last + before) * width
            filled = np.median(found[:, at : at + width], axis=0)
            records[t] = np.where(np.isnan(records[t]), filled, records[t])
    return records[before:]


@dataclass
class Side:
    """One side of the band of one step and feature."""

    tail: float
    sign: int
    level: float = field(init=False)

    def __post_init__(self) -> None:
        self.level = self.tail

    def end(self, errors: list[float], expected: float) -> float:
        """Where the band ends."""
        outward = sorted((self.sign * error for error in errors), reverse=True)
        place = max(int(self.level * (len(errors) + 1)) - 1, 0)
        spread = outward[0] - outward[-1]
        return expected + self.sign * (outward[place] + max(-self.level, 0) / 0.03 * 0.1 * spread)

    def judge(self, value: float, end: float) -> None:
        """Widen after a miss, narrow a little after a hit."""
        missed = (value - end) * self.sign > 0
        self.level = min(max(self.level + 0.03 * (self.tail - missed), -1.0), 0.5)


class Band:
    """Adaptive conformal inference for one step and feature (Gibbs & Candes 2021)."""

    def __init__(self, coverage: float) -> None:
        self.sides = [Side((1 - coverage) / 2, sign) for sign in (-1, 1)]
        self.errors: list[float] = []

    def around(self, expected: float, unknown: tuple[float, float]) -> tuple[float, float]:
        """Its ends; as told while errors are few."""
        if len(self.errors) < 20:
            return unknown
        lower, upper = (side.end(self.errors, expected) for side in self.sides)
        return lower, upper

    def observe(self, value: float, expected: float, ends: tuple[float, float]) -> None:
        """Learn what came, and what had been said."""
        if len(self.errors) >= 20:
            for side, end in zip(self.sides, ends, strict=True):
                side.judge(value, end)
        self.errors = [*self.errors, float(np.float32(value - expected))][-128:]


def regions(points: np.ndarray, radius: float, least: int) -> list[set[int]]:
    """Dense points that hang together, over any number of steps of at most the radius."""
    n = len(points)
    near = [
        {j for j in range(n) if np.abs(points[i] - points[j]).max(initial=0) <= radius}
        for i in range(n)
    ]
    left = {i for i in range(n) if len(near[i]) >= least}
    found = []
    while left:
        region, edge = set(), {min(left)}
        while edge:
            region |= edge
            left -= edge
            edge = {j for i in edge for j in near[i]} & left
        found.append(region)
    return found


def ratios(times: list[float]) -> list[float]:
    """The gap before each time, as a multiple of the usual one; a missing time is one usual gap after the last."""
    out, gaps, usual, last = [], 0, 0.0, None
    for time in times:
        known = not np.isnan(time)
        if last is None or gaps == 0 or usual == 0 or not known:
            out.append(1.0)
        else:
            out.append(min(max(time - last, 0) / usual, 1e6))
        if last is not None and known:
            gaps += 1
            usual += (max(time - last, 0) - usual) * max(1 / gaps, 0.01)
            last = time
        elif last is not None:
            last += usual
        elif known:
            last = time
    return out
