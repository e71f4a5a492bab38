"""Asking a predictor's live states what it would say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from models.errors import InvalidParameter
from models.online.records import Prediction
from stream.codec.keys import entity_text
from stream.live.errors import UnknownEntity
from stream.live.shared import SharedStates
from stream.live.states import LiveSource, LiveStates, Place
from stream.runtime.partition import OwnedPartition
from stream.settings.predictor import PredictorSettings
from stream.tasks.predict import PredictState
from stream.transports.partitioner import partition_of


class LivePredictor:
    """The live states of one predictor: of every entity, or shared by those of a partition."""

    def __init__(self, source: LiveSource | None, settings: PredictorSettings) -> None:
        topic, partitions = settings.log_topic, settings.input.partitions
        self._own = LiveStates(source, topic, partitions)
        self._shared = [
            SharedStates(source, topic, number, partitions) for number in range(partitions)
        ]
        self._is_shared = settings.scope == "partition"
        self._features = settings.input.features

    @contextmanager
    def holding(
        self, entity: bytes, after: Place | None = None, wait: float = 0.0
    ) -> Iterator[OwnedPartition]:
        """The partition whose models answer for an entity, which stands still for the length of a block.

        after: a record that it must hold; `wait`: seconds for which that is waited for. Raises
        LiveStateError, and InvalidParameter for a record of another partition.
        """
        if not self._is_shared:
            with self._own.holding(entity, after, wait) as owned:
                yield owned
            return
        # Records are keyed by their entity wherever there are several partitions.
        number = partition_of(entity, len(self._shared)) if len(self._shared) > 1 else 0
        if after is not None and after.partition != number:
            rule = f"in partition {number}, where this entity's records are"
            raise InvalidParameter("after", "the request", rule, f"{after[0]}:{after[1]}")
        offset = None if after is None else after.offset
        with self._shared[number].whole(offset, wait) as owned:
            yield owned

    def foresee(
        self, owned: OwnedPartition, entity: bytes, features: Mapping[str, Any]
    ) -> Prediction:
        """What would be said of an entity's next event; `owned` is held meanwhile, and stays as it is.

        Raises UnknownEntity where no models answer for it yet, InvalidParameter for a feature that
        is none.
        """
        known = self._features
        for name in features:
            if known is not None and name not in known:
                rule = f"features of the predictor: {', '.join(known)}"
                raise InvalidParameter("features", "the request", rule, name)
        state = owned.state
        assert isinstance(state, PredictState)
        models = state.models_of(entity)
        if models is None:
            raise UnknownEntity(f"No models answer for the entity {entity_text(entity)!r} yet.")
        said = models.foresee(features, (owned.timestamp or 0) / 1_000)
        # A promotion reaches the models with the next event.
        return said._replace(champion=state.champions.latest())
