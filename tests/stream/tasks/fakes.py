"""A bank without forests: its decisions depend on key, count and value alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.detector.config import DetectorConfig
from models.detector.decisions import ANOMALY, NORMAL, WARMING, Decisions
from models.errors import CorruptState

WARM_AFTER = 2
ALARM_ABOVE = 100.0


class CountingBank:
    """Counts records by key; a first feature above ALARM_ABOVE is an anomaly once warm."""

    def __init__(self, config: DetectorConfig) -> None:
        self.features = len(config.features)
        self.counts: dict[bytes, int] = {}
        self._keys: list[bytes] = []

    def slot(self, key: bytes) -> int:
        if key not in self._keys:
            self._keys.append(key)
        self.counts.setdefault(key, 0)
        return self._keys.index(key)

    def process(self, slots: NDArray[np.int64], values: NDArray[np.float64]) -> Decisions:
        assert values.shape == (len(slots), self.features)
        assert values.dtype == np.float64
        observations = []
        for slot in slots.tolist():
            self.counts[self._keys[slot]] += 1
            observations.append(self.counts[self._keys[slot]])
        seen = np.array(observations, dtype=np.int64)
        imputed = np.isnan(values)
        filled = np.where(imputed, 1 / 3, values)
        high = filled[:, 0] > ALARM_ABOVE
        status = np.where(seen <= WARM_AFTER, WARMING, np.where(high, ANOMALY, NORMAL))
        flagged = status == ANOMALY
        rows = filled[flagged]
        shares = np.full((*rows.shape, 2), 0.5 / self.features)
        shares[:, 0] += (0.1, -0.1)
        return Decisions(
            status=status.astype(np.uint8),
            score=np.where(status == WARMING, 0.0, np.minimum(np.abs(filled[:, 0]), 1e6) / 3),
            probability=np.where(flagged, 1e-4 / 3, 1.0),
            grade=np.where(flagged, 0.9, 0.0),
            threshold=np.where(status == WARMING, 0.0, ALARM_ABOVE / 3),
            confidence=np.where(imputed.any(axis=1), 0.5, 1.0),
            observations=seen,
            values=filled,
            imputed=imputed,
            detail=np.where(flagged, np.cumsum(flagged) - 1, -1),
            expected=rows / 3,
            lower=rows / 3 - 1.0,
            upper=rows / 3 + 1.0,
            attribution=shares,
        )

    def dump(self, key: bytes) -> bytes:
        return str(self.counts[key]).encode()

    def load(self, key: bytes, state: bytes) -> None:
        if not state.isdigit():
            raise CorruptState("The state must be digits.")
        self.slot(key)
        self.counts[key] = int(state)

    def forget(self, key: bytes) -> None:
        self.counts.pop(key, None)

    def __contains__(self, key: bytes) -> bool:
        return key in self.counts

    def keys(self) -> list[bytes]:
        return list(self.counts)
