"""Many keys, each with a full forest of its own, whose records come in random order."""

from __future__ import annotations

import time
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers import SEED, Clock, Trial
from benchmarks.peers.java.forest import JavaForest
from benchmarks.peers.krcf import Krcf
from benchmarks.peers.ours import Ours
from benchmarks.peers.rcf3 import Rcf3
from models.forest.kernels.gains import INVERSE_DEPTH
from models.forest.state import dump_forest, load_forest


class Keys(Protocol):
    clock: Clock

    def score_learn(self, n: int) -> None:
        """Score and learn n records, each of a random key."""


def order(n_keys: int, n: int) -> NDArray[np.int32]:
    """Whose record each of n is."""
    return np.random.default_rng(SEED).integers(n_keys, size=n, dtype=np.int32)


class InProcessKeys:
    clock: Clock = staticmethod(time.process_time)

    def __init__(self, trial: Trial, n_keys: int) -> None:
        self.trial = trial
        self.order = order(n_keys, len(trial.records))
        self.next = 0

    def _turn(self, n: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        turn = slice(self.next, self.next + n)
        self.next += n
        return self.order[turn], self.trial.records[turn]


class OurKeys(InProcessKeys):
    """One arena, given a batch per call."""

    def __init__(self, trial: Trial, n_keys: int, filled: Ours, *, boxes: bool) -> None:
        super().__init__(trial, n_keys)
        self.arena = filled.arena
        state = dump_forest(self.arena, filled.slot)
        slots = [self.arena.open_slot(SEED) for _ in range(n_keys)]
        for slot in slots:
            load_forest(self.arena, slot, state)
            if boxes:
                self.arena.keep_boxes(slot)
        self.slots = np.array(slots)

    def score_learn(self, n: int) -> None:
        keys, records = self._turn(n)
        self.arena.score_and_learn(self.slots[keys], records, INVERSE_DEPTH)


class Rcf3Keys(InProcessKeys):
    """A forest each, a record per call."""

    def __init__(self, trial: Trial, n_keys: int, filled: Rcf3) -> None:
        super().__init__(trial, n_keys)
        state = filled.forest.to_json()
        self.forests = [type(filled.forest).from_json(state) for _ in range(n_keys)]

    def score_learn(self, n: int) -> None:
        keys, records = self._turn(n)
        for key, row in zip(keys.tolist(), records.tolist(), strict=True):
            self.forests[key].update_and_score(row)


class KrcfKeys(InProcessKeys):
    """A forest each, a record per call."""

    def __init__(self, trial: Trial, n_keys: int, filled: Krcf) -> None:
        super().__init__(trial, n_keys)
        self.forests = [filled.forest.clone() for _ in range(n_keys)]

    def score_learn(self, n: int) -> None:
        keys, records = self._turn(n)
        for key, row in zip(keys.tolist(), records.tolist(), strict=True):
            self.forests[key].score(row)
            self.forests[key].update(row)


class JavaKeys:
    """A forest each, all in one process, which takes a whole turn per command."""

    def __init__(self, trial: Trial, n_keys: int, filled: JavaForest) -> None:
        self.driver = filled.driver
        self.clock: Clock = self.driver.clock
        self.next = 0
        self.driver.give("order", 1 + order(n_keys, len(trial.records)))
        filled.copy(n_keys)

    def score_learn(self, n: int) -> None:
        self.driver.ask("keys", "score_learn", self.next, n)
        self.next += n
