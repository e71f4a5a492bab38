"""Questions to an entity's detector, which change nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.detector.config import DetectorConfig
from models.errors import InvalidParameter
from stream.codec.decoder import MissingPolicy
from stream.codec.judgement import Judgement, judgements, skipped
from stream.codec.rounding import significant
from stream.tasks.detect.state import Bank, DetectState
from stream.tasks.protocol import PartitionState

Row = Mapping[str, float | None]
"""A record's features by name; None, or a name that is absent, is missing."""


class Neighbour(NamedTuple):
    """A sampled shingle near the one asked for."""

    distance: float
    """Sum of the absolute differences, in the detector's own units."""
    age: int
    """How many points of the entity ago it was learned."""
    shingle: list[dict[str, float]]
    """Its records, oldest first, as the forest has them."""


class Standing(NamedTuple):
    """Where an entity's detector stands."""

    observations: int
    warmup: int
    """Observations before it judges."""
    threshold: float
    """The score above which the next record would be an anomaly; 0 while there is none."""
    shingle: list[dict[str, float]]
    """The newest records, oldest first, as the forest has them."""


class Inquiry:
    """Asks the states of one detector's partitions. Whoever asks holds the state still meanwhile."""

    def __init__(self, config: DetectorConfig, missing: MissingPolicy) -> None:
        self._features = config.features
        self._warmup = config.records_to_warm
        self._missing = missing

    def score(self, state: PartitionState, entity: bytes, rows: Sequence[Row]) -> list[Judgement]:
        """What would be said of each row, were it the entity's next record.

        Raises KeyError for an entity without state, InvalidParameter for rows that the detector
        could not take.
        """
        values = self._values(rows)
        incomplete = np.any(np.isnan(values), axis=1)
        if self._missing == "dead-letter" and incomplete.any():
            self._refuse(rows[int(incomplete.argmax())])
        left_out = incomplete if self._missing == "skip" else np.zeros_like(incomplete)
        scored = iter(judgements(_bank(state).score(entity, values[~left_out]), self._features))
        return [
            skipped(row, self._features) if out else next(scored)
            for row, out in zip(values.tolist(), left_out, strict=True)
        ]

    def nearest(self, state: PartitionState, entity: bytes, row: Row, k: int) -> list[Neighbour]:
        """The k sampled shingles nearest to the one that a row would complete; raises as `score`."""
        found = _bank(state).nearest(entity, self._values([row])[0], k)
        return [
            Neighbour(distance, age, self._named(shingle))
            for distance, age, shingle in zip(
                significant(found.distance).tolist(), found.age.tolist(), found.points, strict=True
            )
        ]

    def standing(self, state: PartitionState, entity: bytes) -> Standing:
        """Where the entity's detector stands. Raises KeyError."""
        # What holds for any next record is learned by asking for one of which nothing is known.
        unknown = _bank(state).score(entity, np.full((1, len(self._features)), np.nan))
        return Standing(
            int(unknown.observations[0]) - 1,
            self._warmup,
            float(significant(unknown.threshold)[0]),
            self._named(_bank(state).shingle(entity)),
        )

    def _values(self, rows: Sequence[Row]) -> NDArray[np.float64]:
        for row in rows:
            for name in row:
                if name not in self._features:
                    rule = f"features of the detector: {', '.join(self._features)}"
                    raise InvalidParameter("values", "the question", rule, name)
        numbers = [[row.get(name) for name in self._features] for row in rows]
        found = np.array(numbers, dtype=np.float64)
        return found.reshape(len(rows), len(self._features))

    def _refuse(self, row: Row) -> None:
        name = next(name for name in self._features if row.get(name) is None)
        rule = f"complete, for this detector takes no record without {name!r}"
        raise InvalidParameter("values", "the question", rule, None)

    def _named(self, records: NDArray[np.float64]) -> list[dict[str, float]]:
        return [
            dict(zip(self._features, row, strict=True)) for row in significant(records).tolist()
        ]


def _bank(state: PartitionState) -> Bank:
    assert isinstance(state, DetectState)
    return state.bank
