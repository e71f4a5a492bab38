"""Small detectors, streams with a fixed seed, and how to run the one on the other."""

from __future__ import annotations

import hashlib
import math
from typing import Any

import numpy as np

from models.detector import Decisions, DetectorBank, DetectorConfig
from models.detector.decisions import ANOMALY

KEY = b"key"


def small(n_features: int = 1, **parameters: Any) -> DetectorConfig:
    """A detector of few small trees; warm after shingle_size + 8 records unless told otherwise."""
    defaults: dict[str, Any] = {"shingle_size": 2, "n_trees": 5, "sample_size": 16}
    names = tuple(f"f{i}" for i in range(n_features))
    return DetectorConfig(features=names, **(defaults | parameters))


def forest_seed(config: DetectorConfig, key: bytes = KEY) -> int:
    """What seeds a key's forest."""
    secret = config.seed.to_bytes(8, "little")
    return int.from_bytes(hashlib.blake2b(key, digest_size=8, key=secret).digest(), "little")


def feed(bank: DetectorBank, records: np.ndarray, key: bytes = KEY) -> Decisions:
    """Decisions on one key's records (n,) or (n, features)."""
    records = np.asarray(records, np.float64)
    records = records[:, None] if records.ndim == 1 else records
    return bank.process(np.full(len(records), bank.slot(key)), records)


def run(config: DetectorConfig, records: np.ndarray) -> Decisions:
    """Decisions of a fresh detector on the records of one key."""
    return feed(DetectorBank(config), records)


def flagged(decisions: Decisions) -> list[int]:
    """Which records are anomalies."""
    return [int(i) for i in np.flatnonzero(decisions.status == ANOMALY)]


def same(one: Decisions, other: Decisions) -> bool:
    """Whether every byte of every array is the same."""
    return all(
        a.tobytes() == b.tobytes() and a.shape == b.shape for a, b in zip(one, other, strict=True)
    )


def chosen(decisions: Decisions, rows: np.ndarray | slice) -> Decisions:
    """The decisions on the chosen rows, in order, as if these alone had been processed."""
    detail = decisions.detail[rows]
    renumbered = np.where(detail >= 0, np.cumsum(detail >= 0) - 1, -1)
    cut = [field[rows] for field in decisions[:9]]
    return Decisions(*cut, renumbered, *(field[detail[detail >= 0]] for field in decisions[10:]))


def joined(batches: list[Decisions]) -> Decisions:
    """The decisions of consecutive batches, as if they had been one."""
    used = np.cumsum([0] + [len(batch.expected) for batch in batches[:-1]])
    shifted = [
        batch._replace(detail=np.where(batch.detail >= 0, batch.detail + before, -1))
        for batch, before in zip(batches, used, strict=True)
    ]
    return Decisions(*(np.concatenate(parts) for parts in zip(*shifted, strict=True)))


# Streams: (n,) or (n, features), the same for the same seed.


def noise(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=n)


def noisy_sine(n: int, seed: int = 0, period: float = 50.0, sigma: float = 0.1) -> np.ndarray:
    return np.sin(np.arange(n) * 2 * math.pi / period) + sigma * noise(n, seed)


def autoregressive(n: int, seed: int = 0, memory: float = 0.9) -> np.ndarray:
    found = noise(n, seed)
    for i in range(1, n):
        found[i] += memory * found[i - 1]
    return found


def spiked(records: np.ndarray, at: list[int], size: float) -> np.ndarray:
    """The records with `size` deviations added at some places."""
    found = records.copy()
    found[at] += size * records.std(axis=0)
    return found
