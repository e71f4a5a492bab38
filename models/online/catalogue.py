"""Which of River's classes a configuration may name: those of the modules listed here, and nothing else."""

from __future__ import annotations

import importlib
import inspect
from functools import cache
from typing import Any

from models.online.mended import MENDED

MODULES = (
    "anomaly",
    "bandit",
    "compose",
    "drift",
    "drift.binary",
    "dummy",
    "ensemble",
    "facto",
    "feature_extraction",
    "feature_selection",
    "forest",
    "imblearn",
    "linear_model",
    "metrics",
    "model_selection",
    "multiclass",
    "naive_bayes",
    "neighbors",
    "optim",
    "optim.initializers",
    "optim.losses",
    "optim.schedulers",
    "preprocessing",
    "proba",
    "rules",
    "stats",
    "tree",
    "tree.splitter",
    "utils",
)

REFUSED = {
    "feature_extraction.RandomTreesEmbedding": "it knows its leaves by their place in memory, and cannot be restored",
    "utils.TimeRolling": "it asks for the time with every value, which models are not given",
    "compose.FuncTransformer": "it takes a function, which a configuration cannot hold",
    "compose.TargetTransformRegressor": "it takes functions, which a configuration cannot hold",
}
"""Class -> why a configuration cannot have it."""


DEFAULTS: dict[str, dict[str, Any]] = {
    "neighbors.KNNClassifier": {"engine": {"neighbors.SWINN": {}}},
    "neighbors.KNNRegressor": {"engine": {"neighbors.SWINN": {}}},
}
"""Class -> parameters whose default is an object that chance governs, to be built with a seed."""


@cache
def classes() -> dict[str, type]:
    """`module.Class` -> class, of all that a configuration may name."""
    found = {}
    for module in MODULES:
        public = importlib.import_module(f"river.{module}")
        for name in public.__all__:
            # River lists a name that is not there.
            value = getattr(public, name, None)
            refused = f"{module}.{name}" in REFUSED or inspect.isabstract(value)
            if inspect.isclass(value) and not refused:
                found[f"{module}.{name}"] = MENDED.get(f"{module}.{name}", value)
    return found


@cache
def by_class_name() -> dict[str, tuple[str, ...]]:
    """`Class` -> every `module.Class` of that name."""
    found: dict[str, tuple[str, ...]] = {}
    for name in sorted(classes()):
        short = name.rpartition(".")[2]
        found[short] = (*found.get(short, ()), name)
    return found
