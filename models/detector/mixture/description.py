"""What the saved state of a detector of several models says."""

from __future__ import annotations

from typing import Any

from models.detector.mixture.bank import KIND
from models.detector.mixture.calibrations import OFFSET
from models.detector.state import describe
from models.errors import CorruptState
from models.online.envelope import open_envelope, unseal


def describe_mixture(data: bytes) -> dict[str, Any]:
    """As models.detector.describe, with the forest's own description in it, if there is one."""
    meta = open_envelope(data, KIND)[0]["meta"]
    try:
        forest, held = unseal(data, KIND, {})
        observations, _, _, _, keys, in_order, _, scorers = held
        recent = [float(score) - OFFSET for score in in_order[-1][: keys[-1]["scores"]]]
    except (LookupError, ValueError, TypeError) as error:
        raise CorruptState(f"The saved state must hold a whole detector, got {error!r}.") from error
    return {
        "config": meta,
        "observations": observations,
        "models": {
            name: {"scores_held": int(row["scores"]), "failing": bool(state[1][0])}
            for name, row, state in zip(_river(meta["models"]), keys, scorers, strict=False)
        },
        "forest": None if forest is None else describe(forest),
        "recent_scores": {
            "held": len(recent),
            "median": sorted(recent)[len(recent) // 2] if recent else None,
            "highest": max(recent, default=None),
        },
        "bytes": len(data),
    }


def _river(models: list[str]) -> list[str]:
    return [model for model in models if model != repr("forest")]
