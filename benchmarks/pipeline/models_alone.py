"""What the models do without a log, on the same values, in batches as the loop makes them."""

from __future__ import annotations

import time

import numpy as np

from benchmarks.pipeline.stage import BATCH, Log, Stage, values_of
from models.detector import DetectorBank
from models.forest.kernels.batch import INVERSE_DEPTH


def _bank() -> DetectorBank:
    stage = Stage(Log("sqlite:///unused.db", None), "alone")
    return DetectorBank(stage.settings.detectors[stage.name].config())


def detector_bank(n: int, keys: int) -> float:
    """Events a second of the whole detector."""
    bank, values = _bank(), values_of(n, keys)
    slots = np.array([bank.slot(b"%d" % (i % keys)) for i in range(n)])
    for at in range(0, n // 4, BATCH):
        bank.process(slots[at : at + BATCH], values[at : at + BATCH])
    begin = time.perf_counter()
    for at in range(n // 4, n, BATCH):
        bank.process(slots[at : at + BATCH], values[at : at + BATCH])
    return (n - n // 4) / (time.perf_counter() - begin)


def forest(n: int, keys: int) -> float:
    """Events a second of scoring and learning alone, on normalised values."""
    arena, values = _bank().arena, values_of(n, keys)
    records = (values / values.std()).astype(np.float32)
    slots = np.arange(n) % keys
    for key in range(keys):
        arena.open_slot(key + 1)
    begin, counted = 0.0, 0
    for at in range(0, n, BATCH):
        if begin == 0.0 and at >= n // 4:
            begin, counted = time.perf_counter(), n - at
        order = np.argsort(slots[at : at + BATCH], kind="stable")
        arena.score_and_learn(
            slots[at : at + BATCH][order], records[at : at + BATCH][order], INVERSE_DEPTH
        )
    return counted / (time.perf_counter() - begin)
