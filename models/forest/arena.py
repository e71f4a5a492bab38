"""The forests of many keys in one set of flat arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.forest.config import ForestConfig
from models.forest.heap import Heap
from models.forest.kernels.batch import score_and_learn
from models.forest.kernels.fading import add_mark, drop_marks
from models.forest.kernels.layout import (
    NODE,
    NODES_FULL,
    QUEUE,
    READY,
    RECORDS_FULL,
    RUNS_FULL,
    SAMPLES_FULL,
    SCRATCH_BOXES,
    SLOT,
    WIDE_NODE,
    Forests,
)
from models.forest.kernels.move import (
    fill_boxes,
    move_boxes,
    move_marks,
    move_nodes,
    move_records,
    move_runs,
    move_samples,
)
from models.forest.kernels.store import compact
from models.forest.kernels.walks import WALK
from models.forest.pool import BoxPool
from models.forest.reserve import fitted
from models.forest.sizes import (
    FIRST_RECORDS,
    FIRST_RUNS,
    FIRST_SAMPLES,
    MOST_RECORDS,
    box_nbytes,
    more_nodes,
    more_records,
    more_runs,
    more_samples,
    stride,
    trees_nbytes,
)

BOX_CACHE = 1 << 28
"""Bytes of boxes that an arena keeps unless told otherwise."""


class ForestArena:
    """Slots of equal shape, each one key's forest; memory follows what a forest has seen.

    `forests` is what kernels take. It is replaced when an array grows, so take it anew after `open_slot` and `grow`.
    `box_cache` is how many bytes of bounding boxes to keep, those of the keys that are used most: they are a third of
    the work of a score, and never change a result.
    """

    def __init__(self, config: ForestConfig, box_cache: int = BOX_CACHE) -> None:
        self.config = config
        heaps = ("samples", "nodes", "boxes", "records", "runs", "marks")
        self._heaps = {name: Heap() for name in heaps}
        self._unused: list[int] = []
        self._n_slots = 0
        self.pool = BoxPool(box_cache)
        width, trees, sample_size = 2 * config.dimensions, config.n_trees, config.sample_size
        nothing = np.zeros(0, np.int64)
        nodes = np.zeros(0, NODE if sample_size <= 256 else WIDE_NODE)
        self.forests = Forests(
            n_trees=trees,
            sample_size=sample_size,
            n_features=config.n_features,
            shingle_size=config.shingle_size,
            bucket=config.bucket_size,
            slots=np.zeros(0, SLOT),
            sizes=np.zeros((0, trees), np.uint16),
            counts=np.zeros((0, trees), np.uint16),
            queued=np.zeros((0, trees), np.uint8),
            bounded=np.zeros((0, trees), np.bool_),
            bounds=np.zeros((0, trees), np.int64),
            floors=np.zeros((0, trees), np.int64),
            nodes=nodes,
            node_words=_words(nodes),
            samples=nothing.astype(np.uint16),
            box_slots=nothing.astype(np.uint16),
            boxes=np.zeros(SCRATCH_BOXES * width, np.float32),
            records=nothing.astype(np.float32),
            run_first=nothing.astype(np.uint32),
            run_number=nothing,
            marks=np.zeros((0, 3), np.int64),
            logs=np.array([_log2(m + 1) for m in range(sample_size + 1)], np.float64),
            path=np.zeros((sample_size + 1, 4), np.int64),
            walks=np.zeros((trees, WALK), np.int64),
            steps=np.zeros((sample_size, trees, 3), np.int32),
            above=np.zeros(sample_size + 1, np.float64),
            accepted=np.zeros((trees, 2), np.int64),
            members=np.zeros(config.bucket_size + 1, np.int64),
            shares=np.zeros((2, config.dimensions), np.float64),
            columns=np.zeros((config.n_features, trees), np.float64),
            ranks=np.zeros(max(sample_size, QUEUE), np.int64),
            moves=np.zeros(QUEUE + 1, np.int64),
            run_moves=np.zeros((0, 2), np.int64),
        )

    def open_slot(self, seed: int) -> int:
        """A slot with an empty forest; `seed` (64 bits) makes everything random in it."""
        slot = self._unused.pop() if self._unused else self._n_slots
        if slot == self._n_slots:
            self._n_slots += 1
            self._fit_slots()
        self.forests.slots[slot] = np.zeros((), SLOT)
        row = self.forests.slots[slot]
        row["seed"], row["box_start"] = seed, -1
        for name in ("sizes", "counts", "queued", "bounded", "bounds", "floors"):
            getattr(self.forests, name)[slot] = 0
        self.resize_samples(slot, min(FIRST_SAMPLES, self.config.sample_size))
        self.resize_records(slot, FIRST_RECORDS + 2 * self.config.shingle_size)
        self.resize_runs(slot, FIRST_RUNS)
        self.resize_marks(slot, 1)
        add_mark(self.forests, slot, 0, 0, decay_units(self.config.decay))
        return slot

    def close_slot(self, slot: int) -> None:
        """Free a slot and its memory."""
        self.drop_boxes(slot)
        self.pool.forget(slot)
        row, give_back = self.forests.slots[slot], self._give_back
        give_back("samples", row["sample_start"], self.stride(slot) * self.config.n_trees)
        give_back("nodes", row["node_start"], row["node_capacity"] * self.config.n_trees)
        give_back("records", row["record_start"], row["record_capacity"])
        give_back("runs", row["run_start"], row["run_capacity"])
        give_back("marks", row["mark_start"], row["mark_capacity"])
        self.forests.slots[slot] = np.zeros((), SLOT)
        self.forests.slots[slot]["box_start"] = -1
        self._unused.append(slot)

    def grow(self, slot: int, need: int) -> None:
        """Give a slot the larger region that `kernels.store.needs` asked for."""
        row = self.forests.slots[slot]
        if need == SAMPLES_FULL:
            self.resize_samples(slot, more_samples(int(row["capacity"]), self.config))
        elif need == NODES_FULL:
            self.resize_nodes(slot, more_nodes(int(row["node_capacity"])))
        elif need == RECORDS_FULL:
            self.resize_records(slot, more_records(int(row["record_capacity"])))
        elif need == RUNS_FULL:
            self.resize_runs(slot, more_runs(int(row["run_capacity"])))

    def score_and_learn(
        self, slots: NDArray[np.int64], records: NDArray[np.float32], kind: int
    ) -> NDArray[np.float64]:
        """Score each record (n, features) of its slot (n,), then learn it, in order; returns (n,) scores.

        A score is 0 while its slot holds no full shingle or no sample. `kind` is one of kernels.gains.
        """
        self.touch(slots)
        scores = np.zeros(len(slots))
        flat = np.ascontiguousarray(records).ravel()
        done, need = score_and_learn(self.forests, slots, flat, kind, 0, scores)
        while need != READY:
            self.grow(int(slots[done]), need)
            done, need = score_and_learn(self.forests, slots, flat, kind, done, scores)
        return scores

    def compact(self, slot: int) -> None:
        """Close up a slot's records: only those stay that a sample or the newest shingle covers."""
        while not compact(self.forests, slot):
            self.grow(slot, RUNS_FULL)

    def touch(self, slots: NDArray[np.int64]) -> None:
        """Note that these slots are about to be used; the ones used most get boxes."""
        losers, winners = self.pool.use(slots, self._n_slots, self._boxes_nbytes)
        for slot in losers:
            self.drop_boxes(slot)
        for slot in winners:
            self.keep_boxes(slot)

    def keep_boxes(self, slot: int) -> None:
        """Make and keep the boxes of a slot."""
        row = self.forests.slots[slot]
        if row["box_start"] < 0:
            row["box_start"] = self._take("boxes", row["node_capacity"] * self.config.n_trees)
            self._fit_boxes()
            fill_boxes(self.forests, slot)

    def drop_boxes(self, slot: int) -> None:
        """Free the boxes of a slot; they are made anew where they are needed."""
        row = self.forests.slots[slot]
        if row["box_start"] >= 0:
            length = row["node_capacity"] * self.config.n_trees
            self._give_back("boxes", row["box_start"], length)
            row["box_start"] = -1

    def add_mark(self, slot: int, number: int, faded: int, decay: int) -> None:
        """Let points from this number on fade anew, all in units of 2**-32."""
        row = self.forests.slots[slot]
        if row["marks"]:
            drop_marks(self.forests, slot, self.oldest(slot))
        if row["marks"] == row["mark_capacity"]:
            self.resize_marks(slot, 2 * int(row["mark_capacity"]))
        add_mark(self.forests, slot, number, faded, decay)

    def oldest(self, slot: int) -> int:
        """Number of the oldest record that a slot holds; that of the next one where it holds none."""
        row = self.forests.slots[slot]
        return int(self.forests.run_number[row["run_start"]] if row["records"] else row["seen"])

    def resize_samples(self, slot: int, capacity: int) -> None:
        """Move a slot's samples to a region of `capacity` per tree."""
        row, old = self.forests.slots[slot], self.forests.slots[slot].copy()
        row["capacity"] = capacity
        row["sample_start"] = self._take(
            "samples", stride(capacity, self.config) * self.config.n_trees
        )
        f, extent = self.forests, self._heaps["samples"].extent
        self.forests = f._replace(samples=fitted(f.samples, extent))
        move_samples(self.forests, slot, int(old["sample_start"]), int(old["capacity"]))
        length = stride(old["capacity"], self.config) * self.config.n_trees
        self._give_back("samples", old["sample_start"], length)

    def resize_nodes(self, slot: int, capacity: int) -> None:
        """Move a slot's nodes, and boxes where it has any, to regions of `capacity` per tree."""
        row, old = self.forests.slots[slot], self.forests.slots[slot].copy()
        trees = self.config.n_trees
        row["node_capacity"], row["node_start"] = capacity, self._take("nodes", capacity * trees)
        f = self.forests
        nodes = fitted(f.nodes, self._heaps["nodes"].extent)
        self.forests = f._replace(nodes=nodes, node_words=_words(nodes))
        move_nodes(self.forests, slot, int(old["node_start"]), int(old["node_capacity"]))
        self._give_back("nodes", old["node_start"], old["node_capacity"] * trees)
        if old["box_start"] >= 0:
            row["box_start"] = self._take("boxes", capacity * trees)
            self._fit_boxes()
            move_boxes(self.forests, slot, int(old["box_start"]), int(old["node_capacity"]))
            self._give_back("boxes", old["box_start"], old["node_capacity"] * trees)

    def resize_records(self, slot: int, capacity: int) -> None:
        """Move a slot's records to a region of `capacity` records."""
        row, old = self.forests.slots[slot], self.forests.slots[slot].copy()
        row["record_start"], row["record_capacity"] = self._take("records", capacity), capacity
        f, extent = self.forests, self._heaps["records"].extent
        self.forests = f._replace(
            records=fitted(f.records, extent * self.config.n_features),
            moves=fitted(f.moves, capacity + 1),
        )
        if capacity > MOST_RECORDS and f.samples.dtype == np.uint16:
            # Only what is in use: the array's room for more takes no memory until it is written.
            used = self._heaps["samples"].extent
            wide = fitted(np.zeros(0, np.uint32), used)
            wide[:used] = f.samples[:used]
            self.forests = self.forests._replace(samples=wide)
        move_records(self.forests, slot, int(old["record_start"]))
        self._give_back("records", old["record_start"], old["record_capacity"])

    def resize_runs(self, slot: int, capacity: int) -> None:
        """Move a slot's runs to a region of `capacity`."""
        row, old = self.forests.slots[slot], self.forests.slots[slot].copy()
        row["run_start"], row["run_capacity"] = self._take("runs", capacity), capacity
        f, extent = self.forests, self._heaps["runs"].extent
        self.forests = f._replace(
            run_first=fitted(f.run_first, extent),
            run_number=fitted(f.run_number, extent),
            run_moves=fitted(f.run_moves, capacity),
        )
        move_runs(self.forests, slot, int(old["run_start"]))
        self._give_back("runs", old["run_start"], old["run_capacity"])

    def resize_marks(self, slot: int, capacity: int) -> None:
        """Move a slot's marks to a region of `capacity`."""
        row, old = self.forests.slots[slot], self.forests.slots[slot].copy()
        row["mark_start"], row["mark_capacity"] = self._take("marks", capacity), capacity
        f = self.forests
        self.forests = f._replace(marks=fitted(f.marks, self._heaps["marks"].extent))
        move_marks(self.forests, slot, int(old["mark_start"]))
        self._give_back("marks", old["mark_start"], old["mark_capacity"])

    @property
    def records(self) -> NDArray[np.float32]:
        """A view of the records heap, (records, features)."""
        width = self.config.n_features
        whole = len(self.forests.records) // width
        return self.forests.records[: whole * width].reshape(whole, width)

    @property
    def nbytes(self) -> int:
        """Bytes in use: all slots with their spare room, and regions waiting to be used again."""
        f, extents = self.forests, {name: heap.extent for name, heap in self._heaps.items()}
        per_slot = SLOT.itemsize + trees_nbytes(f)
        return int(
            self._n_slots * per_slot
            + extents["samples"] * f.samples.itemsize
            + extents["nodes"] * f.nodes.itemsize
            + extents["boxes"] * box_nbytes(self.forests)
            + extents["records"] * self.config.n_features * f.records.itemsize
            + extents["runs"] * (f.run_first.itemsize + f.run_number.itemsize)
            + extents["marks"] * 3 * f.marks.itemsize
        )

    def slot_nbytes(self, slot: int) -> int:
        """Bytes of one slot's regions, boxes included where it has any."""
        row, f, trees = self.forests.slots[slot], self.forests, self.config.n_trees
        return int(
            SLOT.itemsize
            + trees_nbytes(f)
            + self.stride(slot) * trees * f.samples.itemsize
            + row["node_capacity"] * trees * f.nodes.itemsize
            + (self._boxes_nbytes(slot) if row["box_start"] >= 0 else 0)
            + row["record_capacity"] * self.config.n_features * f.records.itemsize
            + row["run_capacity"] * (f.run_first.itemsize + f.run_number.itemsize)
            + row["mark_capacity"] * 3 * f.marks.itemsize
        )

    def stride(self, slot: int) -> int:
        """Cells of the samples heap from one tree of a slot to the next."""
        return stride(self.forests.slots[slot]["capacity"], self.config)

    def _boxes_nbytes(self, slot: int) -> int:
        capacity = int(self.forests.slots[slot]["node_capacity"])
        return capacity * self.config.n_trees * box_nbytes(self.forests)

    def _take(self, heap: str, size: int) -> int:
        return self._heaps[heap].take(int(size))

    def _give_back(self, heap: str, start: int, size: int) -> None:
        self._heaps[heap].give_back(int(start), int(size))

    def _fit_slots(self) -> None:
        f, n = self.forests, self._n_slots
        names = ("slots", "sizes", "counts", "queued", "bounded", "bounds", "floors")
        grown: dict[str, Any] = {name: fitted(getattr(f, name), n) for name in names}
        self.forests = f._replace(**grown)

    def _fit_boxes(self) -> None:
        f, extent = self.forests, self._heaps["boxes"].extent
        self.forests = f._replace(
            box_slots=fitted(f.box_slots, extent),
            boxes=fitted(f.boxes, (SCRATCH_BOXES + extent) * 2 * self.config.dimensions),
        )


def _words(nodes: NDArray[Any]) -> NDArray[Any]:
    return nodes.view(np.uint64 if nodes.dtype == NODE else np.uint32)


def decay_units(decay: float) -> int:
    """A time decay per point, in units of 2**-32."""
    return round(decay * 2**32)


def _log2(m: int) -> float:
    # Twelve decimals hide the last bit, in which the logarithms of two machines may differ.
    return round(float(np.log2(m)), 12)
