"""Save states that must load for ever: python -m tests.models.detector.freeze, once per format version.

Beside each state stand the configuration, the records that come next, and the decisions on them.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from models.detector import STATUS_NAMES, Decisions, DetectorBank
from models.state import VERSION
from tests.models.detector.runs import KEY, autoregressive, feed, noisy_sine, small, spiked

DATA = Path(__file__).parents[2] / "data"
CONFIG = small(2, shingle_size=4, n_trees=8, sample_size=32, alarm_rate=0.02)
MOMENTS = {"": 400, "-settling": 6}
"""After how many records each state is saved; the second while the key is still settling."""
FOLLOWING = 50


def stream() -> np.ndarray:
    """(n, 2) records, some of them odd, some incomplete."""
    n = max(MOMENTS.values()) + FOLLOWING
    found = np.stack([noisy_sine(n, 1), 1e6 + 1e3 * autoregressive(n, 2)], axis=1)
    found = spiked(found, [150, 300, 420], 8.0)
    found[np.random.default_rng(3).random(found.shape) < 0.03] = np.nan
    return found


def told(decisions: Decisions) -> list[dict[str, Any]]:
    """Each decision as JSON."""
    found = []
    for i, row in enumerate(decisions.detail):
        one = {"status": STATUS_NAMES[decisions.status[i]]}
        for name in ("score", "probability", "grade", "threshold", "confidence", "observations"):
            one[name] = getattr(decisions, name)[i].item()
        for name in ("values", "imputed"):
            one[name] = getattr(decisions, name)[i].tolist()
        if row >= 0:
            for name in ("expected", "lower", "upper", "attribution"):
                one[name] = getattr(decisions, name)[row].tolist()
        found.append(one)
    return found


def freeze() -> None:
    for name, moment in MOMENTS.items():
        bank = DetectorBank(CONFIG)
        feed(bank, stream()[:moment])
        path = DATA / f"detector-v{VERSION}{name}.bin"
        path.write_bytes(bank.dump(KEY))
        following = stream()[moment : moment + FOLLOWING]
        decisions = feed(bank, following)
        content = {
            "config": asdict(CONFIG),
            "records": [[None if np.isnan(x) else x for x in record] for record in following],
            "decisions": told(decisions),
        }
        path.with_suffix(".json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    freeze()
