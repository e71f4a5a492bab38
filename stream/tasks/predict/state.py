"""The models of one partition of a predictor's log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from models.errors import InvalidParameter
from models.online.records import Learned, Prediction
from stream.codec.envelope import Rejected
from stream.codec.prediction.decoder import Told
from stream.codec.prediction.writer import PredictionWriter
from stream.codec.reasons import RejectReason
from stream.metrics import Observed
from stream.records import Outgoing, Record
from stream.tasks.predict.champions import Champions
from stream.tasks.predict.own import OWN, pack_own, unpack_own
from stream.tasks.predict.reading import Entry, Forgotten, LogReader, Promoted
from stream.tasks.predict.seen import Seen
from stream.tasks.protocol import ModelError, Output, Step

Refuse = Callable[[Record, Rejected], Outgoing]
"""Makes the dead letter of a record."""


class Models(Protocol):
    """What the task needs of models.online.predictor.Predictor: the models of one key."""

    champion: str

    def predict_one(self, event_id: str, x: Mapping[str, Any], time: float) -> Prediction: ...

    def learn_one(self, event_id: str, y: Any, time: float) -> Learned | None: ...  # noqa: ANN401 - a class or a number

    def waits(self, event_id: str, time: float) -> bool: ...

    def promote(self, model: str) -> None: ...

    def measures(self) -> dict[str, dict[str, Any]]: ...

    def counts(self) -> dict[str, int]: ...

    def dump(self) -> bytes: ...


class Making(NamedTuple):
    """How models come about."""

    new: Callable[[], Models]
    load: Callable[[bytes], Models]
    """Raises CorruptState, IncompatibleState."""


class PredictState:
    """The state of one partition: models by entity, or one for all; and who has been champion.

    The entity OWN is the partition itself: it has the promotions, and the models that all share. No record's entity is
    empty, so it is nobody's.

    shared: whether all entities share their models.
    every: labels from one metrics record to the next.
    refuse: makes dead letters.
    placed_in: the partition of an internal topic that is read; outputs are written to the partition of that number.
        None: the input itself is read.
    """

    def __init__(
        self,
        making: Making,
        reader: LogReader,
        writer: PredictionWriter,
        champions: Champions,
        *,
        shared: bool,
        every: int,
        refuse: Refuse,
        placed_in: int | None,
    ) -> None:
        self.champions = champions
        self._making = making
        self._reader = reader
        self._writer = writer
        self._shared = shared
        self._every = every
        self._refuse = refuse
        self._placed_in = placed_in
        self._models: dict[bytes, Models] = {}
        self._valid_at: dict[bytes, int] = {}
        self._seen = Seen()

    def process(self, records: Sequence[Record]) -> Step:
        """Predict, learn and promote, one record after the other.

        Raises RegistryUnavailable while a schema cannot be had, and then nothing has changed.
        """
        step = Step([], {}, {})
        # All are decoded before a state changes: what raises here can be done again from the start.
        for entry in [self._reader.read(record) for record in records]:
            self._take(entry, step)
        return step

    def entity_of(self, record: Record) -> bytes | None:
        """Whose models the record may change; None where it would change none."""
        said = self._reader.read(record).said
        if isinstance(said, Promoted):
            return OWN
        if isinstance(said, Told):
            return self._holder(said.entity)
        if isinstance(said, Forgotten) and not self._shared:
            return said.entity
        return None

    def refuse(self, record: Record, error: ModelError) -> Output:
        """The dead letter for a record on which the task failed."""
        refused = Rejected(RejectReason.MODEL_ERROR, error.detail, traceback=error.traceback)
        return self._letter(self._reader.source(record), record.offset, refused)

    def models_of(self, entity: bytes) -> Models | None:
        """The models that answer for an entity; None where there are none yet."""
        return self._models.get(self._holder(entity))

    def dump(self, entity: bytes) -> bytes:
        """The entity's models, or what is the partition's own, as versioned, checksummed bytes."""
        if entity != OWN:
            return self._models[entity].dump()
        shared = self._models.get(OWN)
        return pack_own(self.champions.state(), None if shared is None else shared.dump())

    def load(self, entity: bytes, state: bytes, valid_at: int) -> None:
        """Put a dumped state in place; it holds every record below offset `valid_at`.

        Raises models.errors.CorruptState or IncompatibleState, and then changes nothing.
        """
        dumped: bytes | None = state
        if entity == OWN:
            reigns, dumped = unpack_own(state)
        models = None if dumped is None else self._making.load(dumped)
        if entity == OWN:
            self.champions.restore(reigns)
        if models is not None:
            self._models[entity] = models
        self._valid_at[entity] = valid_at

    def forget(self, entity: bytes, valid_at: int = 0) -> None:
        """Drop the entity's models, if any; that holds every record below offset `valid_at`."""
        self._models.pop(entity, None)
        if entity == OWN:
            self.champions.restore([])
        self._valid_at.pop(entity, None)
        if valid_at:
            self._valid_at[entity] = valid_at

    def __contains__(self, entity: object) -> bool:
        """Whether the entity has models, or the partition something of its own."""
        return entity in self._models or (entity == OWN and len(self.champions) > 0)

    def entities(self) -> Iterable[bytes]:
        """Every entity that has models, and OWN where there is something of the partition's."""
        own = [OWN] if OWN in self and OWN not in self._models else []
        return [*own, *self._models]

    def observed(self) -> Observed:
        """See stream.metrics.Observable."""
        return self._seen.observed()

    def _take(self, entry: Entry, step: Step) -> None:
        said = entry.said
        if isinstance(said, Rejected):
            self._rejected(entry, said, step)
        elif isinstance(said, Told):
            self._told(entry, said, step)
        elif isinstance(said, Promoted):
            self._promoted(entry, said, step)
        elif isinstance(said, Forgotten):
            self._forgotten(entry, said.entity, step)

    def _told(self, entry: Entry, told: Told, step: Step) -> None:
        holder, offset = self._holder(told.entity), entry.record.offset
        if offset < self._valid_at.get(holder, 0):
            return
        models = self._models.get(holder)
        if models is None:
            if told.features is None:
                # To remember it would let labels of nobody fill the memory.
                self._seen.labelled("unknown")
                return
            models = self._models[holder] = self._making.new()
        step.changed.setdefault(holder, offset)
        champion = self.champions.at(offset)
        if models.champion != champion:
            models.promote(champion)
        expired = models.counts()["expired"]
        try:
            outgoing = self._advanced(entry.source, told, models)
        except InvalidParameter as error:
            outgoing = []
            reason = RejectReason.BAD_LABEL if error.field == "label" else RejectReason.BAD_FEATURE
            self._rejected(entry, Rejected(reason, str(error), told.entity, told.time), step)
        self._seen.expired(models.counts()["expired"] - expired)
        step.outputs.extend(Output(holder, offset, self._placed(one)) for one in outgoing)

    def _advanced(self, source: Record, told: Told, models: Models) -> list[Outgoing]:
        """Predict what is an event, then learn what is a label."""
        seconds = told.time / 1_000_000
        if told.label is None:
            return [self._predicted(source, told, models)]
        if told.features is None or models.waits(told.id, seconds):
            return self._learned(source, told, models)
        return [self._predicted(source, told, models), *self._learned(source, told, models)]

    def _predicted(self, source: Record, told: Told, models: Models) -> Outgoing:
        labels = models.counts()["labelled"]
        prediction = models.predict_one(told.id, told.features or {}, told.time / 1_000_000)
        self._seen.predicted("answered" if prediction.answers else "skipped")
        return self._writer.prediction(source, told, prediction, labels)

    def _learned(self, source: Record, told: Told, models: Models) -> list[Outgoing]:
        """What a label brings about: drift, and every so often the metrics."""
        learned = models.learn_one(told.id, told.label, told.time / 1_000_000)
        self._seen.labelled("unknown" if learned is None else "matched")
        if learned is None:
            return []
        self._seen.judged(learned.errors)
        entity = None if self._shared else told.entity
        outgoing = []
        for drift in learned.drifts:
            self._seen.changed(drift.model, drift.level)
            outgoing.append(self._writer.drift(source, entity, told.time, drift))
        events = models.counts()
        if events["labelled"] % self._every == 0:
            measures = models.measures()
            self._measured(measures)
            outgoing.append(
                self._writer.metrics(source, entity, told.time, models.champion, measures, events)
            )
        return outgoing

    def _measured(self, measures: Mapping[str, Mapping[str, Any]]) -> None:
        if not self._shared:
            return
        for model, found in measures.items():
            for measure, value in (found["window"] or {}).items():
                if isinstance(value, int | float):
                    self._seen.measured(model, measure, value)

    def _promoted(self, entry: Entry, said: Promoted, step: Step) -> None:
        offset = entry.record.offset
        if offset < self._valid_at.get(OWN, 0):
            return
        outgoing = self._writer.promotion(
            entry.source, said.time, said.model, self.champions.at(offset)
        )
        self.champions.promote(offset, said.model)
        self._seen.changed(said.model, "promotion")
        step.changed.setdefault(OWN, offset)
        step.outputs.append(Output(OWN, offset, self._placed(outgoing)))

    def _forgotten(self, entry: Entry, entity: bytes, step: Step) -> None:
        offset = entry.record.offset
        if self._shared or offset < self._valid_at.get(entity, 0) or entity not in self._models:
            return
        self.forget(entity)
        step.changed.setdefault(entity, offset)
        assert isinstance(step.forgotten, dict)
        step.forgotten[entity] = offset

    def _rejected(self, entry: Entry, rejected: Rejected, step: Step) -> None:
        step.outputs.append(self._letter(entry.source, entry.record.offset, rejected))

    def _letter(self, source: Record, offset: int, rejected: Rejected) -> Output:
        self._seen.rejected(rejected.reason)
        return Output(None, offset, self._placed(self._refuse(source, rejected)))

    def _holder(self, entity: bytes) -> bytes:
        return OWN if self._shared else entity

    def _placed(self, outgoing: Outgoing) -> Outgoing:
        """The output in the partition in which its entity's records are read."""
        if self._placed_in is None:
            return outgoing
        return outgoing._replace(partition=self._placed_in)
