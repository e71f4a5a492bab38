"""Values that are not there: of records to come, of the newest record, and of gaps between records."""

from __future__ import annotations

from models.compiled import Doubles, Flags, Floats, index, kernel
from models.forest.kernels.layout import Forests
from models.forest.kernels.neighbours import expected_newest, expected_record


@kernel
def forecast(
    f: Forests,
    slot: int,
    shingle: Floats,
    missing: Flags,
    expected: Doubles,
    lower: Doubles,
    upper: Doubles,
) -> None:
    """Expect the next records, one row of (horizon, features) a step, each after what was expected before it.

    `shingle` holds the records up to now, and is scratch; `missing` marks its newest record, which comes first here.
    One tree at least must hold samples.
    """
    dims, width = f.n_features * f.shingle_size, f.n_features
    for step in range(len(expected)):
        for i in range(index(dims - width)):
            shingle[i] = shingle[i + index(width)]
        expected_newest(f, slot, shingle, 0, missing, expected[step], lower[step], upper[step])
        for i in range(width):
            shingle[dims - width + i] = expected[step, i]


@kernel
def impute_points(
    f: Forests, slot: int, points: Floats, gaps: Flags, missing: Flags, band: Doubles
) -> None:
    """Fill the missing values of the newest record of each of n points (n * dimensions values).

    `gaps` (n * features) says which are missing; `missing` (dimensions, all False) and `band` (3, features) are
    scratch. One tree at least must hold samples.
    """
    dims, width = f.n_features * f.shingle_size, f.n_features
    newest = dims - width
    for j in range(len(points) // dims):
        any_missing = False
        for i in range(width):
            missing[newest + i] = gaps[j * width + i]
            any_missing |= gaps[j * width + i]
        if any_missing:
            expected_newest(f, slot, points, j * dims, missing, band[0], band[1], band[2])
            for i in range(width):
                if missing[newest + i]:
                    points[j * dims + newest + i] = band[0, i]


@kernel
def impute_run(
    f: Forests, slot: int, records: Floats, gaps: Flags, missing: Flags, band: Doubles
) -> None:
    """Fill what is missing of consecutive records, flat, in order; the first `shingle_size - 1` miss nothing.

    What is filled counts as known afterwards. Half a shingle of later records is looked at, as far as there are any.
    `missing` (dimensions) and `band` (3, features) are scratch. One tree at least must hold samples.
    """
    dims, width, before = f.n_features * f.shingle_size, f.n_features, f.shingle_size - 1
    count = len(records) // width
    for t in range(before, count):
        any_missing = False
        for i in range(width):
            any_missing |= gaps[t * width + i]
        if not any_missing:
            continue
        last = min(t + before // 2, count - 1)
        first = last - before
        for i in range(dims):
            missing[i] = gaps[first * width + i]
        at = (t - first) * width
        expected_record(f, slot, records, first * width, missing, at, band[0], band[1], band[2])
        for i in range(width):
            if gaps[t * width + i]:
                records[t * width + i] = band[0, i]
                gaps[t * width + i] = False
