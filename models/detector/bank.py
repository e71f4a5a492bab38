"""One detector for many keys: each key has its own normalisers, forest and calibration."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.detector.config import DetectorConfig
from models.detector.decisions import Decisions
from models.detector.kernels.calibrate import UNUSUAL, WINDOW, tail_lengths
from models.detector.kernels.decide import decide_batch
from models.detector.kernels.layout import FEATURE, KEY, Keys, Scratch
from models.detector.kernels.normalise import SETTLE
from models.detector.state import dump_key, load_key
from models.errors import InvalidParameter
from models.forest.arena import ForestArena
from models.forest.config import ForestConfig
from models.forest.kernels.batch import DISPLACEMENT, INVERSE_DEPTH
from models.forest.kernels.layout import READY

LARGEST = 1e150
"""Greatest magnitude of a value: its square must stay finite."""


class DetectorBank:
    """A pure, deterministic function of each key's own records: batches and other keys change nothing.

    Not thread-safe.
    """

    def __init__(self, config: DetectorConfig) -> None:
        self.config = config
        n_features = len(config.features)
        self.arena = ForestArena(
            ForestConfig(
                n_features=n_features,
                shingle_size=config.shingle_size,
                n_trees=config.n_trees,
                sample_size=config.sample_size,
                time_decay=config.time_decay,
            )
        )
        self._slots: dict[bytes, int] = {}
        dims = n_features * config.shingle_size
        self._scratch = Scratch(
            record=np.zeros(n_features, np.float32),
            shares=np.zeros((2, dims)),
            missing=np.zeros(dims, np.bool_),
            middle=np.zeros(n_features),
            low=np.zeros(n_features),
            high=np.zeros(n_features),
        )
        collusive = config.score == "displacement"
        self._rows = Keys(
            warm=config.records_to_warm,
            decay=min(config.decay, 1.0 / SETTLE),
            score_kind=DISPLACEMENT if collusive else INVERSE_DEPTH,
            greatest=float(config.sample_size if collusive else self.arena.forests.logs[-1]),
            lengths=tail_lengths(config.alarm_rate),
            unusual_lengths=tail_lengths(UNUSUAL),
            grade_lengths=tail_lengths(config.alarm_rate**2),
            keys=np.zeros(0, KEY),
            features=np.zeros((0, n_features), FEATURE),
            buffer=np.zeros((0, SETTLE, n_features)),
            in_order=np.zeros((0, WINDOW), np.float32),
            ranked=np.zeros((0, WINDOW), np.float32),
            imputed=np.zeros((0, config.shingle_size), np.uint16),
        )

    def slot(self, key: bytes) -> int:
        """The row of a key; a new one on first use. The key also seeds its forest."""
        slot = self._slots.get(key)
        if slot is None:
            slot = self._slots[key] = self._open(key)
        return slot

    def keys(self) -> list[bytes]:
        """Every key that has state, in the order of their first use."""
        return list(self._slots)

    def forget(self, key: bytes) -> None:
        """Drop a key's state; nothing happens if there is none."""
        slot = self._slots.pop(key, None)
        if slot is not None:
            self._close(slot)

    def process(self, slots: NDArray[np.int64], values: NDArray[np.float64]) -> Decisions:
        """Decide on n records (n, features) of the given slots (n,), in order, and learn them.

        NaN means missing and is imputed. Raises InvalidParameter on infinities and magnitudes above 1e150, and then
        learns nothing.
        """
        records = np.ascontiguousarray(values, np.float64)
        self._check(slots, records)
        out = _outputs(len(slots), len(self.config.features))
        # Keys are independent, and a forest that has just been read is in the processor's caches: all records of a
        # key come one after another.
        order = np.argsort(slots, kind="stable")
        done, details, need = 0, 0, READY
        while True:
            done, details, need = decide_batch(
                self._rows,
                self.arena.forests,
                slots,
                records,
                order,
                done,
                details,
                out,
                self._scratch,
            )
            if need == READY:
                break
            self.arena.grow(int(slots[order[done]]), need)
        explained = np.flatnonzero(out.detail >= 0)
        rows = out.detail[explained]
        out.detail[explained] = np.arange(len(rows))
        return Decisions(*out[:10], *(part[rows] for part in out[10:]))

    def dump(self, key: bytes) -> bytes:
        """A key's state as versioned, checksummed bytes; equal states give equal bytes. Raises KeyError."""
        return dump_key(self.config, self._rows, self.arena, self._slots[key])

    def load(self, key: bytes, state: bytes) -> None:
        """Put a dumped state in place of the key's own.

        Raises CorruptState, or IncompatibleState where it is of another configuration; then nothing changes.
        """
        slot = self._open(key)
        try:
            load_key(self.config, self._rows, self.arena, slot, state)
        except Exception:
            self._close(slot)
            raise
        self.forget(key)
        self._slots[key] = slot

    def _open(self, key: bytes) -> int:
        digest = hashlib.blake2b(
            key, digest_size=8, key=self.config.seed.to_bytes(8, "little")
        ).digest()
        slot = self.arena.open_slot(int.from_bytes(digest, "little"))
        rows = self._rows
        if slot >= len(rows.keys):
            length = max(16, int(slot * 1.5) + 1)
            grown: dict[str, Any] = {
                name: _grown(getattr(rows, name), length)
                for name in ("keys", "features", "buffer", "in_order", "ranked", "imputed")
            }
            self._rows = rows = rows._replace(**grown)
        for array in (rows.keys, rows.features, rows.buffer, rows.imputed):
            array[slot] = np.zeros((), array.dtype)
        rows.keys[slot]["settle"] = min(SETTLE, self.config.records_to_warm // 2)
        return slot

    def _close(self, slot: int) -> None:
        self.arena.close_slot(slot)
        self._rows.keys[slot]["settle"] = 0

    def _check(self, slots: NDArray[np.int64], records: NDArray[np.float64]) -> None:
        known = (slots >= 0) & (slots < len(self._rows.keys))
        known[known] = self._rows.keys["settle"][slots[known]] > 0
        if not known.all():
            raise InvalidParameter("slots", "the records", "slots of keys", int(slots[~known][0]))
        shape = (len(slots), len(self.config.features))
        if records.shape != shape:
            raise InvalidParameter("shape", "the values", f"{shape}", records.shape)
        wrong = np.abs(records) > LARGEST
        if wrong.any():
            rule = f"finite or NaN, and at most {LARGEST:g} in magnitude"
            raise InvalidParameter("values", "the records", rule, float(records[wrong][0]))


def _grown(array: NDArray[Any], length: int) -> NDArray[Any]:
    grown = np.zeros((length, *array.shape[1:]), array.dtype)
    grown[: len(array)] = array
    return grown


def _outputs(n: int, n_features: int) -> Decisions:
    return Decisions(
        status=np.zeros(n, np.uint8),
        score=np.zeros(n),
        probability=np.ones(n),
        grade=np.zeros(n),
        threshold=np.zeros(n),
        confidence=np.zeros(n),
        observations=np.zeros(n, np.int64),
        values=np.zeros((n, n_features)),
        imputed=np.zeros((n, n_features), np.bool_),
        detail=np.zeros(n, np.int64),
        expected=np.zeros((n, n_features)),
        lower=np.zeros((n, n_features)),
        upper=np.zeros((n, n_features)),
        attribution=np.zeros((n, n_features, 2)),
    )
