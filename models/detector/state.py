"""One key of a detector as bytes, and what those bytes say."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.detector.config import DetectorConfig
from models.detector.kernels.calibrate import WINDOW
from models.detector.kernels.layout import FEATURE, Keys
from models.errors import CorruptState, IncompatibleState
from models.forest.arena import ForestArena
from models.forest.state import describe_forest, dump_forest, load_forest
from models.state import State, pack, unpack

KIND = "detector"
RIVER_MAGIC = b"CSRV"
"""How the state of a detector with models of River begins: see models.online.envelope."""
SHAPING = ("features", "shingle_size", "n_trees", "sample_size", "time_decay", "score", "seed")
"""The parameters that a state cannot outlive. The others (alarm_rate, warmup) may change between runs."""
COUNTERS = ("observations", "settle", "beyond")


def signature(config: DetectorConfig) -> dict[str, Any]:
    """The parameters that shape a state, as JSON; the time decay is the one in force."""
    values = {name: getattr(config, name) for name in SHAPING}
    return values | {"features": list(config.features), "time_decay": config.decay}


def dump_key(config: DetectorConfig, rows: Keys, arena: ForestArena, slot: int) -> bytes:
    """The state of one slot; see DetectorBank.dump."""
    key, features = rows.keys[slot], rows.features[slot]
    unsettled = int(key["observations"]) if key["observations"] < key["settle"] else 0
    held = int(key["scores"])
    # The window in order of age, so that equal histories are equal bytes wherever the ring stands.
    ages = (np.arange(held) + int(key["oldest"])) % WINDOW if held == WINDOW else np.arange(held)
    lags = (np.arange(config.shingle_size) + int(key["imputed_at"])) % config.shingle_size
    return pack(
        KIND,
        {"config": signature(config)},
        {
            **{name: np.array([key[name]], np.int64) for name in COUNTERS},
            **{f"feature_{name}": features[name] for name in FEATURE.names or ()},
            "buffer": rows.buffer[slot, :unsettled],
            "scores": rows.in_order[slot][ages],
            "imputed": rows.imputed[slot][lags],
            **dump_forest(arena, slot),
        },
    )


def load_key(
    config: DetectorConfig, rows: Keys, arena: ForestArena, slot: int, data: bytes
) -> None:
    """Fill an empty slot from `dump_key`'s bytes; see DetectorBank.load."""
    state = unpack(data, KIND)
    try:
        _load_key(config, rows, arena, slot, state)
    except (LookupError, ValueError, TypeError) as error:
        raise CorruptState(f"The saved state must hold a whole detector, got {error!r}.") from error


def _load_key(
    config: DetectorConfig, rows: Keys, arena: ForestArena, slot: int, state: State
) -> None:
    for name, value in signature(config).items():
        got = state.meta["config"].get(name)
        if got != value:
            raise IncompatibleState(
                f"The {name!r} of the saved state must be {value!r}, as configured, got {got!r}. "
                "Configure it as it was, or let a detector of another name, with an output topic of its own, begin."
            )
    arrays = state.arrays
    _check(rows, arrays)
    load_forest(arena, slot, arrays)
    key, features = rows.keys[slot], rows.features[slot]
    for name in COUNTERS:
        key[name] = arrays[name][0]
    for name in FEATURE.names or ():
        features[name] = arrays[f"feature_{name}"]
    rows.buffer[slot, : len(arrays["buffer"])] = arrays["buffer"]
    scores = arrays["scores"]
    key["scores"], key["oldest"] = len(scores), 0
    rows.in_order[slot, : len(scores)] = scores
    rows.ranked[slot, : len(scores)] = np.sort(scores)
    rows.imputed[slot], key["imputed_at"] = arrays["imputed"], 0


def _check(rows: Keys, arrays: dict[str, NDArray[Any]]) -> None:
    n_features = rows.features.shape[1]
    scales = [arrays[f"feature_{name}"] for name in FEATURE.names or ()]
    rules: list[tuple[str, bool]] = [
        ("counters of at least 0", all(arrays[name][0] >= 0 for name in COUNTERS)),
        ("a settling phase that fits", 1 <= arrays["settle"][0] <= rows.buffer.shape[1]),
        ("a record per place of its buffer", arrays["buffer"].shape[1:] == (n_features,)),
        ("a buffer that fits", len(arrays["buffer"]) <= rows.buffer.shape[1]),
        ("scores that fit the window", len(arrays["scores"]) <= rows.in_order.shape[1]),
        ("finite scores", bool(np.isfinite(arrays["scores"]).all())),
        ("a scale per feature", all(scale.shape == (n_features,) for scale in scales)),
        ("finite scales", all(np.isfinite(scale).all() for scale in scales)),
        ("a count per lag", arrays["imputed"].shape == rows.imputed.shape[1:]),
    ]
    for rule, holds in rules:
        if not holds:
            raise CorruptState(f"The saved detector must have {rule}, got none such.")


def describe(data: bytes) -> dict[str, Any]:
    """What a dumped state says, as JSON. Raises CorruptState or IncompatibleState."""
    if data.startswith(RIVER_MAGIC):
        # River takes a second to import, and most detectors do without.
        from models.detector.mixture.description import describe_mixture

        return describe_mixture(data)
    state = unpack(data, KIND)
    arrays, names = state.arrays, state.meta["config"]["features"]
    deviation = np.sqrt(arrays["feature_variance"])
    return {
        "config": state.meta["config"],
        "observations": int(arrays["observations"][0]),
        "features": {
            name: {
                "values_seen": int(arrays["feature_count"][i]),
                "mean": float(arrays["feature_mean"][i]),
                "deviation": float(deviation[i]),
            }
            for i, name in enumerate(names)
        },
        "forest": describe_forest(arrays, state.meta["config"]["shingle_size"]),
        "recent_scores": {
            "held": len(arrays["scores"]),
            "median": float(np.median(arrays["scores"])) if len(arrays["scores"]) else None,
            "highest": float(arrays["scores"].max()) if len(arrays["scores"]) else None,
        },
        "bytes": len(data),
    }
