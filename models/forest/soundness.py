"""Whether saved arrays are a forest at all: kernels trust what they are given, so nothing else may reach them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import CorruptState
from models.forest.config import ForestConfig
from models.forest.kernels.restore import is_tree


def check_forest(config: ForestConfig, arrays: dict[str, NDArray[Any]]) -> None:
    """Raise CorruptState unless the arrays of `dump_forest` fit one another and `config`."""
    sizes = arrays["sizes"].astype(np.int64)
    n_nodes = int(np.maximum(sizes - 1, 0).sum())
    sequence = np.cumsum(arrays["sequence_steps"], dtype=np.int64)
    locations = np.cumsum(arrays["location_steps"], dtype=np.int64)
    n_records, rest = divmod(len(arrays["records"]), config.n_features)
    seq, seen = (int(counter) for counter in arrays["counters"])
    rules: list[tuple[str, bool]] = [
        ("nodes for all samples but one of each tree", len(arrays["cut"]) == n_nodes),
        ("a dimension per node", len(arrays["dim"]) == n_nodes),
        ("a left count per node", len(arrays["left"]) == n_nodes),
        ("a point per sample", len(arrays["samples"]) == int(sizes.sum())),
        ("a location per point", len(sequence) == len(locations)),
        ("whole records", rest == 0),
        ("counters of at least 0", 0 <= seq <= seen),
        ("samples among the points", _below(arrays["samples"], len(sequence))),
        ("points among those learned", _ascends(sequence, seq)),
        ("points within the records", _ascends(locations, n_records - config.shingle_size + 1)),
        ("finite records", bool(np.isfinite(arrays["records"]).all())),
        ("finite cuts", bool(np.isfinite(arrays["cut"]).all())),
    ]
    for rule, holds in rules:
        if not holds:
            raise CorruptState(f"The saved forest must have {rule}, got none such.")
    dims, lefts = arrays["dim"].astype(np.int64), arrays["left"].astype(np.int64)
    pending = np.zeros(int(sizes.max(initial=0)) + 1, np.int64)
    at = 0
    for tree, size in enumerate(sizes.tolist()):
        end = at + max(size - 1, 0)
        if not is_tree(dims[at:end], lefts[at:end], size, config.dimensions, pending):
            raise CorruptState(f"The nodes of saved tree {tree} must be a tree, got none.")
        at = end


def _below(values: NDArray[Any], limit: int) -> bool:
    return not len(values) or int(values.max()) < limit


def _ascends(values: NDArray[np.int64], limit: int) -> bool:
    return not len(values) or bool(
        values[0] >= 0 and (np.diff(values) > 0).all() and values[-1] < limit
    )
