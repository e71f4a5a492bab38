"""The bands of one forest's forecasts: their arrays, and how they are saved."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import CorruptState
from models.forest.config import ForestConfig
from models.forest.kernels.bands import WINDOW, Bands

SAVED = ("errors", "counts", "levels", "made", "expected", "lower", "upper")
NEVER = -(1 << 40)
"""When a forecast was made that was not."""


def open_bands(config: ForestConfig, horizon: int, coverage: float) -> Bands:
    """Bands that have seen nothing, for `horizon` steps, 1 or more, and a coverage between 0 and 1."""
    width, tail = config.n_features, (1.0 - coverage) / 2.0
    missing = np.zeros(config.dimensions, np.bool_)
    missing[config.dimensions - width :] = True
    return Bands(
        tail=tail,
        errors=np.zeros((horizon, width, WINDOW), np.float32),
        ordered=np.zeros((horizon, width, WINDOW), np.float32),
        counts=np.zeros((horizon, width), np.int64),
        levels=np.full((horizon, width, 2), tail),
        made=np.full(horizon, NEVER, np.int64),
        expected=np.zeros((horizon, horizon, width)),
        lower=np.zeros((horizon, horizon, width)),
        upper=np.zeros((horizon, horizon, width)),
        shingle=np.zeros(config.dimensions, np.float32),
        missing=missing,
    )


def dump_bands(bands: Bands) -> dict[str, NDArray[Any]]:
    """Bands as named arrays."""
    return {f"band_{name}": getattr(bands, name) for name in SAVED}


def load_bands(bands: Bands, arrays: dict[str, NDArray[Any]]) -> None:
    """Fill fresh bands with those that were saved. Raises CorruptState."""
    for name in SAVED:
        saved, own = arrays.get(f"band_{name}"), getattr(bands, name)
        if saved is None or saved.shape != own.shape or saved.dtype != own.dtype:
            rule = f"{own.dtype} of shape {own.shape}"
            got = None if saved is None else f"{saved.dtype} of shape {saved.shape}"
            raise CorruptState(f"The 'band_{name}' of the saved forest must be {rule}, got {got}.")
        own[...] = saved
    if not np.isfinite(bands.errors).all() or (bands.counts < 0).any():
        raise CorruptState("The saved errors of forecasts must be finite and counted, got others.")
    bands.ordered[...] = bands.errors
    held = np.minimum(bands.counts, WINDOW)
    for step, feature in np.ndindex(*held.shape):
        bands.ordered[step, feature, : held[step, feature]].sort()
