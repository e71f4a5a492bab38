"""Records as rows of numbers: features in an order of their own, missing values as NaN, nothing infinite."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.compiled import Doubles
from models.errors import InvalidParameter

LARGEST = 1e30
"""Greatest magnitude of a value: beyond it, sums of float32 side lengths could overflow."""


def ordered(names: Iterable[Any]) -> list[Any]:
    """Feature names in an order of their own, so that the order in which they were given does not matter."""
    names = list(names)
    try:
        return sorted(names)
    except TypeError:
        return sorted(names, key=repr)


def named(saved: object) -> object:
    """A feature's name; JSON has no tuples, and a list cannot be a name."""
    return tuple(map(named, saved)) if isinstance(saved, list) else saved


def numbers(rows: ArrayLike | Sequence[Sequence[float | None]]) -> Doubles:
    """Rows as numbers, None as NaN. Raises InvalidParameter."""
    try:
        return np.asarray(rows, np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidParameter("values", "the records", "numbers", rows) from error


def checked(values: Doubles, n_features: int, *, gaps: bool = False) -> NDArray[np.float32]:
    """(n, features) as float32, where missing ones may be NaN if there may be `gaps`. Raises InvalidParameter."""
    if values.ndim != 2 or values.shape[1] != n_features or n_features == 0:
        rule = f"(n, {n_features or 'features'})"
        raise InvalidParameter("shape", "the records", rule, values.shape)
    wrong = ~(np.abs(values) <= LARGEST)
    if gaps:
        wrong &= ~np.isnan(values)
    if wrong.any():
        rule = f"finite and at most {LARGEST:g} in magnitude"
        raise InvalidParameter("values", "the records", rule, float(values[wrong][0]))
    return values.astype(np.float32)
