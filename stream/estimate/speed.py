"""How many events a core of this machine takes: measured for a few shapes in a second or two, and fitted to others."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.detector.bank import DetectorBank
from models.detector.config import DetectorConfig
from stream.estimate.estimate import Estimate
from stream.estimate.workload import Workload

SHAPES = ((10, 1, 1), (50, 1, 1), (50, 1, 16), (50, 12, 1), (20, 4, 8))
"""Trees, features and shingle of the detectors that are measured."""
TURNS = (1, 2)
"""Those of them of which many keys are measured in turns."""
LARGEST = 1024
"""Samples of a tree at most; larger ones are reckoned from these: walks grow with the logarithm."""
FILLED = 6
"""Records learned before the measuring, in sample sizes: from there on little changes."""
EVENTS, ROUNDS = 200, 5
MANY, CACHED = 256, 1 << 24
"""Keys that are measured in turns; and bytes of all keys from which on they are in no cache when their turn comes."""


class Processor(NamedTuple):
    """What a core does, in events per second: scored and learned, without reading, decoding and writing them."""

    hot: float
    """Of few keys, which keep boxes."""
    compact: float
    """Of few keys without boxes."""
    many: float
    """Of many keys without boxes, in random order."""
    all: float
    """Of the keys of a workload, with the boxes that they keep, and the making of their snapshots."""
    cores: float | None
    """How many it takes; None where the rate is unknown."""


class Calibration(NamedTuple):
    """Seconds per event as a linear function of a shape's terms, for one size of samples."""

    hot: NDArray[np.float64]
    compact: NDArray[np.float64]
    missed: NDArray[np.float64]
    """What comes on top where a key's memory is in no cache."""
    save: float
    """Seconds per byte of a snapshot that is made."""
    sample_size: int

    def processor(self, workload: Workload, cost: Estimate) -> Processor:
        """What a workload takes, of which the rest is known."""
        config = workload.config
        factor = math.log2(config.sample_size) / math.log2(self.sample_size)
        linear = terms(config)
        hot, compact = (float(linear @ part) * factor for part in (self.hot, self.compact))
        missed = float(linear @ self.missed)
        share = cost.hot_keys / workload.keys
        seconds = share * hot + (1 - share) * compact + self.save * cost.traffic_per_event
        if cost.memory > CACHED:
            seconds += missed
        cores = None if workload.rate is None else workload.rate * seconds
        return Processor(1 / hot, 1 / compact, 1 / (compact + missed), 1 / seconds, cores)


def calibrated(config: DetectorConfig) -> Calibration:
    """Measure this machine for detectors of this sample size and decay, whatever their shape."""
    size = min(config.sample_size, LARGEST)
    shapes = [
        DetectorConfig(
            features=tuple(f"f{i}" for i in range(features)),
            shingle_size=shingle,
            n_trees=trees,
            sample_size=size,
            time_decay=config.time_decay,
            score=config.score,
        )
        for trees, features, shingle in SHAPES
    ]
    banks = [filled(shape) for shape in shapes]
    taken: dict[bool, list[float]] = {}
    for boxes in (True, False):
        taken[boxes] = [_seconds_alone(bank, boxes) for bank in banks]
    linear = np.array([terms(shape) for shape in shapes])
    hot, compact = (fitted(linear, np.array(taken[boxes])) for boxes in (True, False))
    turns = [_seconds_of_many(banks[i]) for i in TURNS]
    missed = np.array([taken_in_turns for taken_in_turns, _ in turns])
    missed -= [taken[False][i] for i in TURNS]
    save = statistics.mean(saving for _, saving in turns)
    return Calibration(hot, compact, _fitted_missed(linear, missed), save, size)


def terms(config: DetectorConfig) -> NDArray[np.float64]:
    """What an event's cost is linear in: itself, its features, the trees, and the trees' dimensions."""
    features = len(config.features)
    dimensions = features * config.shingle_size
    return np.array([1.0, features, config.n_trees, config.n_trees * dimensions])


def fitted(linear: NDArray[np.float64], seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """The coefficients of least relative error; none is below zero."""
    weighted = linear / seconds[:, None]
    kept = np.ones(linear.shape[1], np.bool_)
    while True:
        found = np.linalg.lstsq(weighted[:, kept], np.ones(len(seconds)), rcond=None)[0]
        if (found >= 0.0).all():
            break
        kept[np.flatnonzero(kept)[np.argmin(found)]] = False
    coefficients = np.zeros(linear.shape[1])
    coefficients[kept] = found
    return coefficients


def _fitted_missed(
    linear: NDArray[np.float64], seconds: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Of trees, and of their dimensions."""
    by_trees = np.zeros_like(linear)
    by_trees[:, 2:] = linear[:, 2:]
    return fitted(by_trees[list(TURNS)], np.maximum(seconds, 1e-9))


def _records(n: int, features: int) -> NDArray[np.float64]:
    """Noise, (n, features): nothing that a forest finds easy."""
    return np.random.default_rng(0).normal(size=(n, features))


def filled(config: DetectorConfig) -> DetectorBank:
    """A bank whose only key has learned enough that little changes."""
    bank = DetectorBank(config, box_cache=0)
    n = FILLED * config.sample_size
    slots = np.full(n, bank.slot(b"0"), np.int64)
    bank.process(slots, _records(n, len(config.features)))
    return bank


def seconds_of(bank: DetectorBank) -> tuple[float, float, float]:
    """Seconds per event of a filled bank's key: with boxes, without, and without in turns with many others."""
    hot, compact = (_seconds_alone(bank, boxes) for boxes in (True, False))
    return hot, compact, _seconds_of_many(bank)[0]


def _seconds_alone(bank: DetectorBank, boxes: bool) -> float:
    """Seconds per event of one key that has the caches for itself."""
    slots = np.full(EVENTS, bank.slot(b"0"), np.int64)
    (bank.arena.keep_boxes if boxes else bank.arena.drop_boxes)(int(slots[0]))
    records = _records(EVENTS, len(bank.config.features))
    return _median(lambda: bank.process(slots, records)) / EVENTS


def _seconds_of_many(bank: DetectorBank) -> tuple[float, float]:
    """(seconds per event of many keys in turns, seconds per byte of a snapshot)."""
    state = bank.dump(b"0")
    saving = _median(lambda: bank.dump(b"0")) / len(state)
    keys = [str(i).encode() for i in range(MANY)]
    for key in keys[1:]:
        if key not in bank:
            bank.load(key, state)
    slots = np.array([bank.slot(key) for key in keys], np.int64)
    records = _records(MANY, len(bank.config.features))
    return _median(lambda: bank.process(slots, records)) / MANY, saving


def _median(work: Callable[[], object]) -> float:
    """Seconds of the processor that a call takes: what else runs on the machine does not count."""
    taken = []
    for _ in range(ROUNDS):
        started = time.process_time()
        work()
        taken.append(time.process_time() - started)
    return statistics.median(taken)
