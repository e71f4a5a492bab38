"""One detector for many keys: each key has its own normalisers, forest and calibration."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.detector.config import DetectorConfig
from models.detector.decisions import Decisions
from models.detector.kernels.calibrate import UNUSUAL, WINDOW, tail_lengths
from models.detector.kernels.decide import decide_batch
from models.detector.kernels.foresee import foresee
from models.detector.kernels.intake import push
from models.detector.kernels.layout import FEATURE, KEY, Keys, Scratch
from models.detector.kernels.normalise import SETTLE
from models.detector.state import dump_key, load_key
from models.errors import InvalidParameter
from models.forest.arena import BOX_CACHE, ForestArena
from models.forest.config import ForestConfig
from models.forest.kernels.gains import DISPLACEMENT, INVERSE_DEPTH
from models.forest.kernels.layout import READY
from models.forest.kernels.store import needs
from models.forest.nearest import Nearest, nearest

LARGEST = 1e150
"""Greatest magnitude of a value: its square must stay finite."""

PER_KEY = ("keys", "features", "buffer", "in_order", "ranked", "imputed")
"""The arrays that have a row per key."""


class DetectorBank:
    """A pure, deterministic function of each key's own records: batches and other keys change nothing.

    `box_cache` is how many bytes of its forests' boxes it keeps. Not thread-safe.
    """

    def __init__(self, config: DetectorConfig, box_cache: int = BOX_CACHE) -> None:
        self.config = config
        n_features = len(config.features)
        self.arena = ForestArena(
            ForestConfig(
                n_features=n_features,
                shingle_size=config.shingle_size,
                n_trees=config.n_trees,
                sample_size=config.sample_size,
                time_decay=config.time_decay,
            ),
            box_cache,
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

    @property
    def settling_records(self) -> int:
        """How many records of a key are only collected at first; then all of them are learned at once."""
        return min(SETTLE, self.config.records_to_warm // 2)

    @property
    def row_nbytes(self) -> int:
        """Bytes that a key takes beside its forest."""
        arrays = [getattr(self._rows, name) for name in PER_KEY]
        return sum(array.itemsize * math.prod(array.shape[1:]) for array in arrays)

    def slot(self, key: bytes) -> int:
        """The row of a key; a new one on first use. The key also seeds its forest."""
        slot = self._slots.get(key)
        if slot is None:
            slot = self._slots[key] = self._open(key)
        return slot

    def __contains__(self, key: bytes) -> bool:
        return key in self._slots

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
        out = empty_decisions(len(slots), len(self.config.features))
        # Keys are independent, and a forest that has just been read is in the processor's caches: all records of a
        # key come one after another.
        order = np.argsort(slots, kind="stable")
        self.arena.touch(slots)
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

    def score(self, key: bytes, values: NDArray[np.float64]) -> Decisions:
        """What `process` would decide on n records (n, features), were each the key's next; learns nothing.

        Every record that can be scored is explained, not only anomalies. Raises KeyError for a key without state, and
        InvalidParameter as `process` does.
        """
        slot = self._slots[key]
        records = np.ascontiguousarray(values, np.float64)
        self._check(np.full(len(records), slot), records)
        out = empty_decisions(len(records), len(self.config.features))
        self._make_room(slot)
        details = 0
        for i in range(len(records)):
            with self._put_back(slot):
                details = foresee(
                    self._rows, self.arena.forests, slot, records, i, details, out, self._scratch
                )
        return Decisions(*out[:10], *(part[:details] for part in out[10:]))

    def nearest(self, key: bytes, values: NDArray[np.float64], k: int) -> Nearest:
        """The k sampled shingles nearest to the one that a record (features,) would complete, were it the key's next.

        Distances are in the detector's own units, values in those of the records. None are near while the key is
        settling. Raises KeyError for a key without state, and InvalidParameter as `process` does.
        """
        slot = self._slots[key]
        records = np.ascontiguousarray(values, np.float64)[None]
        self._check(np.array([slot]), records)
        self._make_room(slot)
        with self._put_back(slot):
            if self._rows.keys[slot]["observations"] >= self._rows.keys[slot]["settle"]:
                push(self._rows, self.arena.forests, slot, records, 0, self._scratch)
            found = nearest(self.arena, slot, self._newest(slot), k)
        return found._replace(points=self._restored(slot, found.points))

    def shingle(self, key: bytes) -> NDArray[np.float64]:
        """The newest records (at most shingle size, features) of a key as its forest has them, oldest first.

        They are exact to about four digits of their distance from the usual. None while the key is settling. Raises
        KeyError for a key without state.
        """
        slot = self._slots[key]
        return self._restored(slot, self._newest(slot))

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

    def _newest(self, slot: int) -> NDArray[np.float32]:
        """A slot's newest records (at most shingle size, features), normalised."""
        row = self.arena.forests.slots[slot]
        end = int(row["record_start"] + row["records"])
        held = min(int(row["records"]), self.config.shingle_size)
        return self.arena.records[end - held : end].copy()

    def _restored(self, slot: int, normalised: NDArray[np.float32]) -> NDArray[Any]:
        features = self._rows.features[slot]
        return features["centre"] + normalised * features["scale"]

    def _make_room(self, slot: int) -> None:
        while (need := needs(self.arena.forests, slot, 1)) != READY:
            self.arena.grow(slot, need)

    @contextmanager
    def _put_back(self, slot: int) -> Iterator[None]:
        """Let a slot be afterwards what it was before, but for its forest's trees and points."""
        rows, forest = self._rows, self.arena.forests.slots
        parts = (rows.keys, rows.features, rows.imputed, forest)
        before = [part[slot].copy() for part in parts]
        try:
            yield
        finally:
            for part, was in zip(parts, before, strict=True):
                part[slot] = was

    def _open(self, key: bytes) -> int:
        digest = hashlib.blake2b(
            key, digest_size=8, key=self.config.seed.to_bytes(8, "little")
        ).digest()
        slot = self.arena.open_slot(int.from_bytes(digest, "little"))
        rows = self._rows
        if slot >= len(rows.keys):
            length = max(16, int(slot * 1.5) + 1)
            grown: dict[str, Any] = {name: _grown(getattr(rows, name), length) for name in PER_KEY}
            self._rows = rows = rows._replace(**grown)
        for array in (rows.keys, rows.features, rows.buffer, rows.imputed):
            array[slot] = np.zeros((), array.dtype)
        rows.keys[slot]["settle"] = self.settling_records
        return slot

    def _close(self, slot: int) -> None:
        self.arena.close_slot(slot)
        self._rows.keys[slot]["settle"] = 0

    def _check(self, slots: NDArray[np.int64], records: NDArray[np.float64]) -> None:
        known = (slots >= 0) & (slots < len(self._rows.keys))
        known[known] = self._rows.keys["settle"][slots[known]] > 0
        if not known.all():
            raise InvalidParameter("slots", "the records", "slots of keys", int(slots[~known][0]))
        check_records(records, (len(slots), len(self.config.features)))


def check_records(records: NDArray[np.float64], shape: tuple[int, int]) -> None:
    """Raise InvalidParameter unless they have this shape, and are missing (NaN) or finite."""
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


def empty_decisions(n: int, n_features: int) -> Decisions:
    """Room for n decisions, each of which might be explained."""
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
