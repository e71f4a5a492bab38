"""The forests of many keys in one set of flat arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.forest.config import ForestConfig
from models.forest.heap import Heap
from models.forest.kernels.batch import score_and_learn
from models.forest.kernels.layout import (
    NODE,
    POINTS_FULL,
    READY,
    RECORDS_FULL,
    SLOT,
    TREES_FULL,
    Forests,
)
from models.forest.kernels.move import move_points, move_records, move_trees
from models.forest.kernels.walks import WALK

FIRST_CAPACITY = 16
FIRST_POINTS = 32
GROWTH = 1.5


class ForestArena:
    """Slots of equal shape, each one key's forest; memory follows what a forest has seen.

    `forests` is what kernels take. It is replaced when an array grows, so take it anew after `open_slot` and `grow`.
    """

    def __init__(self, config: ForestConfig) -> None:
        self.config = config
        self._trees, self._points, self._records = Heap(), Heap(), Heap()
        self._unused: list[int] = []
        self._n_slots = 0
        nothing = np.zeros(0, np.int64)
        self.forests = Forests(
            n_trees=config.n_trees,
            sample_size=config.sample_size,
            n_features=config.n_features,
            shingle_size=config.shingle_size,
            decay=round(config.decay * 2**32),
            slots=np.zeros(0, SLOT),
            sizes=np.zeros((0, config.n_trees), np.int64),
            worst=np.zeros((0, config.n_trees), np.int64),
            nodes=nothing.astype(NODE),
            node_words=nothing.astype(np.uint64),
            samples=nothing.astype(np.uint32),
            priorities=nothing,
            box_slots=nothing.astype(np.uint16),
            boxes=nothing.astype(np.float32),
            locations=nothing.astype(np.uint32),
            sequence=nothing,
            references=nothing.astype(np.uint16),
            free_points=nothing.astype(np.uint32),
            records=nothing.astype(np.float32),
            logs=np.array([_log2(m + 1) for m in range(config.sample_size + 1)], np.float64),
            path=np.zeros((config.sample_size, 3), np.int64),
            walks=np.zeros((config.n_trees, WALK), np.int64),
            steps=np.zeros((config.sample_size, config.n_trees), np.int64),
            accepted=np.zeros((config.n_trees, 2), np.int64),
            box=np.zeros(2 * config.dimensions, np.float32),
            shares=np.zeros((2, config.dimensions), np.float64),
            columns=np.zeros((config.n_features, config.n_trees), np.float64),
            moves=nothing,
        )

    def open_slot(self, seed: int) -> int:
        """A slot with an empty forest; `seed` (64 bits) makes everything random in it."""
        slot = self._unused.pop() if self._unused else self._n_slots
        if slot == self._n_slots:
            self._n_slots += 1
            self._fit_slots()
        row = self.forests.slots[slot]
        for name in SLOT.names or ():
            row[name] = 0
        row["seed"] = seed
        self.forests.sizes[slot] = 0
        self.forests.worst[slot] = 0
        self.resize_trees(slot, min(FIRST_CAPACITY, self.config.sample_size))
        self.resize_points(slot, FIRST_POINTS)
        self.resize_records(slot, FIRST_POINTS + 2 * self.config.shingle_size)
        return slot

    def close_slot(self, slot: int) -> None:
        """Free a slot and its memory."""
        row = self.forests.slots[slot]
        self._trees.give_back(int(row["tree_start"]), int(row["capacity"]) * self.config.n_trees)
        self._points.give_back(int(row["point_start"]), int(row["point_capacity"]))
        self._records.give_back(int(row["record_start"]), int(row["record_capacity"]))
        self._unused.append(slot)

    def grow(self, slot: int, need: int) -> None:
        """Give a slot the larger region that `kernels.store.needs` asked for."""
        row = self.forests.slots[slot]
        if need == TREES_FULL:
            self.resize_trees(slot, min(2 * int(row["capacity"]), self.config.sample_size))
        elif need == POINTS_FULL:
            self.resize_points(slot, int(row["point_capacity"] * GROWTH))
        elif need == RECORDS_FULL:
            self.resize_records(slot, int(row["record_capacity"] * GROWTH))

    def score_and_learn(
        self, slots: NDArray[np.int64], records: NDArray[np.float32], kind: int
    ) -> NDArray[np.float64]:
        """Score each record (n, features) of its slot (n,), then learn it, in order; returns (n,) scores.

        A score is 0 while its slot holds no full shingle or no sample. `kind` is one of kernels.batch.
        """
        scores = np.zeros(len(slots))
        flat = np.ascontiguousarray(records).ravel()
        done, need = score_and_learn(self.forests, slots, flat, kind, 0, scores)
        while need != READY:
            self.grow(int(slots[done]), need)
            done, need = score_and_learn(self.forests, slots, flat, kind, done, scores)
        return scores

    def resize_trees(self, slot: int, capacity: int) -> None:
        """Move a slot's trees to a region of `capacity` samples per tree."""
        row, old = self.forests.slots[slot], self.forests.slots[slot].copy()
        row["tree_start"] = self._trees.take(capacity * self.config.n_trees)
        row["capacity"] = capacity
        self._fit_trees()
        move_trees(self.forests, slot, int(old["tree_start"]), int(old["capacity"]))
        if old["capacity"]:
            size = int(old["capacity"]) * self.config.n_trees
            self._trees.give_back(int(old["tree_start"]), size)

    def resize_points(self, slot: int, capacity: int) -> None:
        """Move a slot's point table to a region of `capacity` points."""
        row, old = self.forests.slots[slot], self.forests.slots[slot].copy()
        row["point_start"], row["point_capacity"] = self._points.take(capacity), capacity
        self._fit_points()
        move_points(self.forests, slot, int(old["point_start"]), int(old["point_capacity"]))
        if old["point_capacity"]:
            self._points.give_back(int(old["point_start"]), int(old["point_capacity"]))

    def resize_records(self, slot: int, capacity: int) -> None:
        """Move a slot's records to a region of `capacity` records."""
        row, old = self.forests.slots[slot], self.forests.slots[slot].copy()
        row["record_start"], row["record_capacity"] = self._records.take(capacity), capacity
        self._fit_records(capacity)
        move_records(self.forests, slot, int(old["record_start"]))
        if old["record_capacity"]:
            self._records.give_back(int(old["record_start"]), int(old["record_capacity"]))

    @property
    def records(self) -> NDArray[np.float32]:
        """A view of the records heap, (records, features)."""
        width = self.config.n_features
        whole = len(self.forests.records) // width
        return self.forests.records[: whole * width].reshape(whole, width)

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays, spare room included."""
        return sum(a.nbytes for a in self.forests if isinstance(a, np.ndarray)) - (
            self.forests.node_words.nbytes
        )

    def slot_nbytes(self, slot: int) -> int:
        """Bytes of one slot's regions."""
        row, f = self.forests.slots[slot], self.forests
        per_sample = (
            NODE.itemsize
            + f.samples.itemsize
            + f.priorities.itemsize
            + f.box_slots.itemsize
            + 2 * self.config.dimensions * f.boxes.itemsize
        )
        per_point = (
            f.locations.itemsize
            + f.sequence.itemsize
            + f.references.itemsize
            + f.free_points.itemsize
        )
        return int(
            SLOT.itemsize
            + 16 * self.config.n_trees
            + self.config.n_trees * row["capacity"] * per_sample
            + row["point_capacity"] * per_point
            + row["record_capacity"] * self.config.n_features * f.records.itemsize
        )

    def _fit_slots(self) -> None:
        f = self.forests
        self.forests = f._replace(
            slots=_fit(f.slots, self._n_slots),
            sizes=_fit(f.sizes, self._n_slots),
            worst=_fit(f.worst, self._n_slots),
        )

    def _fit_trees(self) -> None:
        f, extent = self.forests, self._trees.extent
        nodes = _fit(f.nodes, extent)
        self.forests = f._replace(
            nodes=nodes,
            node_words=nodes.view(np.uint64),
            samples=_fit(f.samples, extent),
            priorities=_fit(f.priorities, extent),
            box_slots=_fit(f.box_slots, extent),
            boxes=_fit(f.boxes, extent * 2 * self.config.dimensions),
        )

    def _fit_points(self) -> None:
        f, extent = self.forests, self._points.extent
        self.forests = f._replace(
            locations=_fit(f.locations, extent),
            sequence=_fit(f.sequence, extent),
            references=_fit(f.references, extent),
            free_points=_fit(f.free_points, extent),
        )

    def _fit_records(self, capacity: int) -> None:
        f, extent = self.forests, self._records.extent
        self.forests = f._replace(
            records=_fit(f.records, extent * self.config.n_features),
            moves=_fit(f.moves, capacity + 1),
        )


def _fit(array: NDArray[Any], length: int) -> NDArray[Any]:
    """The array, or a copy with spare room where it is shorter than `length`."""
    if len(array) >= length:
        return array
    grown = np.zeros((max(length, int(len(array) * GROWTH)), *array.shape[1:]), array.dtype)
    grown[: len(array)] = array
    return grown


def _log2(m: int) -> float:
    # Twelve decimals hide the last bit, in which the logarithms of two machines may differ.
    return round(float(np.log2(m)), 12)
