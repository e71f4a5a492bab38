"""Forests saved before buckets: every node was kept, and every sample named."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import CorruptState
from models.forest.config import ForestConfig
from models.forest.kernels.layout import DUPLICATE
from models.forest.kernels.randomness import priority, tree_seed

Arrays = dict[str, NDArray[Any]]


def is_earlier(arrays: Arrays) -> bool:
    """Whether arrays are of the first version."""
    return "location_steps" in arrays


def upgraded(config: ForestConfig, arrays: Arrays) -> Arrays:
    """The same forest as it is saved now; cuts of subtrees of no more than a bucket are dropped.

    Raises CorruptState where the arrays are no forest.
    """
    sizes = arrays["sizes"].astype(np.int64)
    number = np.cumsum(arrays["sequence_steps"], dtype=np.int64)
    location = np.cumsum(arrays["location_steps"], dtype=np.int64)
    held = len(arrays["records"]) // config.n_features
    fits = (
        len(arrays["cut"]) == len(arrays["dim"]) == len(arrays["left"])
        and len(arrays["cut"]) == int(np.maximum(sizes - 1, 0).sum())
        and len(arrays["samples"]) == int(sizes.sum())
        and len(number) == len(location)
        and (not len(location) or int(location[-1]) + config.shingle_size <= held)
        and (not len(arrays["samples"]) or int(arrays["samples"].max()) < len(number))
    )
    if not fits:
        raise CorruptState("The saved forest must have arrays that fit one another, got others.")
    seen, decay = int(arrays["counters"][1]), round(config.decay * 2**32)
    run_first, run_number = _runs(config, held, seen, number, location)
    starts = np.zeros(held, np.bool_)
    starts[location] = True
    cuts, dims, counts = _kept_nodes(config, sizes, arrays)
    seed = int(arrays["seed"][0])
    bounds = np.zeros(len(sizes), np.int64)
    at = 0
    for tree, size in enumerate(sizes.tolist()):
        if size == config.sample_size:
            points = number[arrays["samples"][at : at + size]]
            bounds[tree] = _greatest(np.uint64(seed), tree, points, decay)
        at += size
    return {
        "counters": np.array([seen, 0, config.bucket_size], np.int64),
        "seed": arrays["seed"],
        "marks": np.array([[0, 0, decay]], np.int64),
        "sizes": sizes.astype(np.uint16),
        "counts": counts,
        "bounded": sizes == config.sample_size,
        "bounds": bounds,
        "cut": cuts,
        "dim": dims,
        "run_first": run_first,
        "run_number": run_number,
        "starts": np.packbits(starts),
        "records": arrays["records"],
    }


def _runs(
    config: ForestConfig,
    held: int,
    seen: int,
    number: NDArray[np.int64],
    location: NDArray[np.int64],
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """First index and number of each run of consecutive records: those of points, and the newest ones."""
    numbers = np.full(held, -1, np.int64)
    for lag in range(config.shingle_size):
        numbers[location + lag] = number + lag
    newest = min(config.shingle_size - 1, seen, held)
    numbers[held - newest :] = np.arange(seen - newest, seen)
    first = np.flatnonzero(np.diff(numbers, prepend=-2) != 1)
    if (numbers < 0).any():
        raise CorruptState(
            "The saved forest must have a point for every record, got none for some."
        )
    return first.astype(np.uint32), numbers[first]


def _kept_nodes(
    config: ForestConfig, sizes: NDArray[np.int64], arrays: Arrays
) -> tuple[NDArray[np.float32], NDArray[np.uint16], NDArray[np.uint16]]:
    """Cuts and dimensions of the subtrees of more than a bucket, and how many each tree has."""
    lefts, dims = arrays["left"].astype(np.int64), arrays["dim"].astype(np.int64)
    kept: list[int] = []
    counts: list[int] = []
    base = 0
    for size in sizes.tolist():
        before, waiting = len(kept), [(base, size)]
        while waiting:
            i, m = waiting.pop()
            if m <= config.bucket_size:
                continue
            kept.append(i)
            left = int(lefts[i])
            if dims[i] == DUPLICATE:
                continue
            if not 0 < left < m:
                raise CorruptState("The saved forest must have nodes with two sides, got others.")
            waiting += [(i + left, m - left), (i + 1, left)]
        counts.append(len(kept) - before)
        base += max(size - 1, 0)
    order = np.array(kept, np.int64)
    return arrays["cut"][order], dims[order].astype(np.uint16), np.array(counts, np.uint16)


def _greatest(seed: np.uint64, tree: int, numbers: NDArray[np.int64], decay: int) -> int:
    """Greatest priority of some points in a tree, as it was computed then: seen from the first of them."""
    own = np.uint64(tree_seed(seed, tree))
    ranks = [int(priority(own, int(n), _wrapped(decay * int(n)))) for n in numbers]
    return _wrapped(ranks[0] + max(_wrapped(rank - ranks[0]) for rank in ranks))


def _wrapped(value: int) -> int:
    return (value + 2**63) % 2**64 - 2**63
