"""Save a forest that must load for ever: python -m tests.models.forest.freeze, once per format version.

Beside the state stand the records that come next, their scores, and the attribution of the first of them in the end.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from models.forest import RandomCutForest
from models.state import VERSION

DATA = Path(__file__).parents[2] / "data"
LEARNED, FOLLOWING = 400, 41


def stream() -> list[dict[str, float]]:
    """Two features, the one a noisy wave, the other a few steps; some records come twice."""
    t, rng = np.arange(LEARNED + FOLLOWING), np.random.default_rng(7)
    flow = np.round(4 * np.sin(t / 9) + rng.normal(size=len(t)), 3)
    level = rng.integers(0, 5, size=len(t)) / 2
    flow[::11], level[::11] = 0.25, 1.0
    flow[LEARNED + 30] = 25.0
    rows = np.stack([flow, level], axis=1).tolist()
    return [{"flow": flow, "level": level} for flow, level in rows]


def freeze() -> None:
    forest = RandomCutForest(n_trees=10, sample_size=48, shingle_size=3, seed=2**63 + 11)
    records = stream()
    for record in records[:LEARNED]:
        forest.learn_one(record)
    path = DATA / f"forest-v{VERSION}.bin"
    path.write_bytes(forest.dump())
    following = records[LEARNED:]
    scores = []
    for record in following:
        scores.append(forest.score_one(record))
        forest.learn_one(record)
    shares = forest.attribute_one(following[0])
    content = {"records": following, "scores": scores, "shares": shares}
    path.with_suffix(".json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    freeze()
