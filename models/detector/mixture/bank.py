"""One detector of several models for many keys."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.detector.bank import DetectorBank, check_records, empty_decisions
from models.detector.config import FOREST, DetectorConfig
from models.detector.decisions import ANOMALY, WARMING, Decisions
from models.detector.mixture.entity import Entity
from models.detector.state import signature
from models.errors import CorruptState, InvalidParameter
from models.forest.nearest import Nearest
from models.online.envelope import seal, unseal

KIND = "detector of several models"
EXPLAINED = 0.0499
"""The forest explains what is as rare as this, long before anything is an anomaly: where other models find one that
the forest does not find even so rare, it has nothing to say about it."""


class MixedBank:
    """As DetectorBank, for detectors that have models of River: the same verbs, the same promises.

    Not thread-safe.
    """

    def __init__(self, config: DetectorConfig) -> None:
        self.config = config
        self._slots: dict[bytes, int] = {}
        self._entities: dict[int, Entity] = {}
        self._within_forest: dict[int, int] = {}
        self._opened = 0
        self.forest: DetectorBank | None = None
        if FOREST in config.models:
            alone = replace(config, models=(FOREST,), alarm_rate=EXPLAINED)
            self.forest = DetectorBank(alone)

    def slot(self, key: bytes) -> int:
        """The row of a key; a new one on first use."""
        slot = self._slots.get(key)
        if slot is None:
            slot = self._put(key, Entity(self.config))
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
            del self._entities[slot]
            self._within_forest.pop(slot, None)
            if self.forest is not None:
                self.forest.forget(key)

    def process(self, slots: NDArray[np.int64], values: NDArray[np.float64]) -> Decisions:
        """See DetectorBank.process. The raw score is the combined strength, -log10 of a tail probability."""
        records = np.ascontiguousarray(values, np.float64)
        places: list[int] = slots.tolist()
        if unknown := [slot for slot in places if slot not in self._entities]:
            raise InvalidParameter("slots", "the records", "slots of keys", unknown[0])
        check_records(records, (len(places), len(self.config.features)))
        forest = None
        if self.forest is not None:
            within = np.array([self._within_forest[slot] for slot in places], np.int64)
            forest = self.forest.process(within, records)
        entities = [self._entities[slot] for slot in places]
        return self._decided(entities, records, forest)

    def score(self, key: bytes, values: NDArray[np.float64]) -> Decisions:
        """See DetectorBank.score; with a forest among the models, whatever it can score is explained."""
        state = self._sealed(self._entities[self._slots[key]])
        records = np.ascontiguousarray(values, np.float64)
        check_records(records, (len(records), len(self.config.features)))
        forest = None if self.forest is None else self.forest.score(key, records)
        # Each is to be the key's next, and some of River's models change when they are asked.
        copies = [self._unsealed(state)[1] for _ in records]
        decisions = self._decided(copies, records, forest)
        if forest is None:
            return decisions
        return decisions._replace(detail=forest.detail, **_explanations(forest))

    def nearest(self, key: bytes, values: NDArray[np.float64], k: int) -> Nearest:
        """See DetectorBank.nearest. Raises InvalidParameter without a forest, which alone keeps samples."""
        if self.forest is None:
            rule = "the forest among others, for a record to have neighbours"
            raise InvalidParameter("models", "the detector", rule, list(self.config.models))
        return self.forest.nearest(key, values, k)

    def shingle(self, key: bytes) -> NDArray[np.float64]:
        """The newest records (at most shingle size, features) of a key, oldest first. Raises KeyError."""
        return self._entities[self._slots[key]].lags()

    def dump(self, key: bytes) -> bytes:
        """A key's state as versioned, checksummed bytes. Raises KeyError."""
        forest = None if self.forest is None else self.forest.dump(key)
        return self._sealed(self._entities[self._slots[key]], forest)

    def load(self, key: bytes, state: bytes) -> None:
        """See DetectorBank.load."""
        forest, entity = self._unsealed(state)
        if self.forest is not None:
            self.forest.load(key, forest)
        self._put(key, entity)

    def _put(self, key: bytes, entity: Entity) -> int:
        slot = self._slots.get(key)
        if slot is None:
            slot = self._slots[key] = self._opened
            self._opened += 1
        if self.forest is not None:
            self._within_forest[slot] = self.forest.slot(key)
        self._entities[slot] = entity
        return slot

    def _decided(
        self, entities: list[Entity], records: NDArray[np.float64], forest: Decisions | None
    ) -> Decisions:
        out = empty_decisions(len(entities), len(self.config.features))
        rows: list[list[float]] = records.tolist()
        for i, (entity, values) in enumerate(zip(entities, rows, strict=True)):
            probability, waits = None, False
            if forest is not None:
                probability = float(forest.probability[i])
                waits = bool(forest.status[i] == WARMING)
            entity.step(values, i, out, probability, waits)
        if forest is None:
            return out._replace(**{name: getattr(out, name)[:0] for name in EXPLANATIONS})
        out.confidence[:] = forest.confidence
        told = (out.status == ANOMALY) & (forest.detail >= 0)
        rows_told = forest.detail[told]
        out.detail[told] = np.arange(len(rows_told))
        return out._replace(**{k: part[rows_told] for k, part in _explanations(forest).items()})

    def _sealed(self, entity: Entity, forest: bytes | None = None) -> bytes:
        return seal(KIND, self._signature(), [forest, entity.state()])

    def _unsealed(self, state: bytes) -> tuple[bytes, Entity]:
        content = unseal(state, KIND, self._signature())
        entity = Entity(self.config)
        try:
            forest, held = content
            entity.restore(held)
        except (LookupError, ValueError, TypeError) as error:
            raise CorruptState(
                f"The saved state must hold a whole detector, got {error!r}."
            ) from error
        return forest, entity

    def _signature(self) -> dict[str, Any]:
        models = [repr(model) for model in self.config.models]
        return signature(self.config) | {"models": models, "combine": self.config.combine}


EXPLANATIONS = ("expected", "lower", "upper", "attribution")


def _explanations(decisions: Decisions) -> dict[str, Any]:
    return {name: getattr(decisions, name) for name in EXPLANATIONS}
