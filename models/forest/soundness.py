"""Whether saved arrays are a forest at all: kernels trust what they are given, so nothing else may reach them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import CorruptState, IncompatibleState
from models.forest.config import ForestConfig


def check_forest(config: ForestConfig, arrays: dict[str, NDArray[Any]]) -> None:
    """Raise CorruptState unless the arrays of `dump_forest` fit one another and `config`.

    Raises IncompatibleState where they are of buckets of another size. Whether each tree's nodes part its samples is
    left to `restore_trees`, which finds out on the way.
    """
    held, rest = divmod(len(arrays["records"]), config.n_features)
    counts, sizes = arrays["counts"].astype(np.int64), arrays["sizes"].astype(np.int64)
    first = arrays["run_first"].astype(np.int64)
    number, marks = arrays["run_number"], arrays["marks"]
    lengths = np.diff(first, append=held)
    counters = arrays["counters"]
    seen, paused, bucket = counters.tolist() if len(counters) == 3 else (-1, 0, 0)
    whole = len(arrays["starts"]) == -(-held // 8)
    flags = np.unpackbits(arrays["starts"]) if whole else np.zeros(0, np.uint8)
    starts = np.flatnonzero(flags[:held]).astype(np.int64)
    rules: list[tuple[str, bool]] = [
        ("a node per count", len(arrays["cut"]) == int(counts.sum())),
        ("a dimension per node", len(arrays["dim"]) == len(arrays["cut"])),
        ("a count, a flag and a bound per tree", _as_long(arrays, len(sizes))),
        ("no more nodes than samples", bool((counts <= np.maximum(sizes - 1, 0)).all())),
        ("whole records", rest == 0),
        ("a start or none per record", whole),
        ("as many numbers as runs", len(first) == len(number)),
        ("runs of all records", (len(first) > 0) == (held > 0) and not first[:1].any()),
        ("runs in order", bool((lengths > 0).all())),
        ("numbers in order", _in_order(number, lengths)),
        ("counters of at least 0", seen >= 0 and paused in (0, 1)),
        ("records among those seen", held == 0 or int(number[-1]) + int(lengths[-1]) <= seen),
        ("marks of three numbers, in order", _are_marks(marks)),
        ("marks from its oldest record on", _cover(marks, int(number[0]) if held else seen)),
        ("points within the records", _are_whole(starts, first, lengths, config.shingle_size)),
        ("the newest shingle", _has_newest(config, seen, held, number, lengths)),
        ("finite records", bool(np.isfinite(arrays["records"]).all())),
        ("finite cuts", bool(np.isfinite(arrays["cut"]).all())),
    ]
    if seen >= 0 and bucket != config.bucket_size:
        raise IncompatibleState(
            f"The bucket_size of the state must be {config.bucket_size}, got {bucket}."
        )
    for rule, holds in rules:
        if not holds:
            raise CorruptState(f"The saved forest must have {rule}, got none such.")


def _as_long(arrays: dict[str, NDArray[Any]], trees: int) -> bool:
    return all(len(arrays[name]) == trees for name in ("counts", "bounded", "bounds"))


def _in_order(number: NDArray[np.int64], lengths: NDArray[np.int64]) -> bool:
    if len(number) != len(lengths):
        return False
    ends = number[:-1] + lengths[:-1]
    return not len(number) or bool(number[0] >= 0 and (number[1:] > ends).all())


def _are_marks(marks: NDArray[np.int64]) -> bool:
    return (
        marks.ndim == 2
        and marks.shape[0] > 0
        and marks.shape[1] == 3
        and bool((np.diff(marks[:, 0]) > 0).all() and (marks[:, 2] >= 0).all())
    )


def _cover(marks: NDArray[np.int64], oldest: int) -> bool:
    return bool(0 <= marks[0, 0] <= oldest)


def _are_whole(
    starts: NDArray[np.int64],
    first: NDArray[np.int64],
    lengths: NDArray[np.int64],
    shingle_size: int,
) -> bool:
    """Whether every point lies in one run."""
    if not len(starts):
        return True
    if not len(first):
        return False
    run = np.searchsorted(first, starts, side="right") - 1
    return bool((starts + shingle_size <= first[run] + lengths[run]).all())


def _has_newest(
    config: ForestConfig,
    seen: int,
    held: int,
    number: NDArray[np.int64],
    lengths: NDArray[np.int64],
) -> bool:
    """Whether the records before the next one, which its shingle needs, are there."""
    needed = min(config.shingle_size - 1, seen)
    if not needed:
        return True
    return held > 0 and int(number[-1] + lengths[-1]) == seen and int(lengths[-1]) >= needed
