"""The models of one partition of a predictor's log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from models.errors import IncompatibleState
from stream.codec.envelope import Rejected
from stream.codec.prediction.decoder import Told
from stream.codec.prediction.writer import PredictionWriter
from stream.codec.reasons import RejectReason
from stream.metrics import Observed
from stream.records import Outgoing, Record
from stream.tasks.predict.champions import Champions
from stream.tasks.predict.dumped import Dumped, packed, unpacked
from stream.tasks.predict.learner import Learner, Making, Models
from stream.tasks.predict.reading import Entry, Forgotten, LogReader, Promoted
from stream.tasks.predict.seen import Seen
from stream.tasks.protocol import ModelError, Output, Step

OWN = b""
"""The entity that stands for the partition. Every other has at least one byte, so it is nobody's."""

Refuse = Callable[[Record, Rejected], Outgoing]
"""Makes the dead letter of a record."""


class PredictState:
    """The state of one partition: models by entity, or one for all; and who has been champion.

    The entity OWN has the promotions of the partition, and the models that all share.

    refusal: makes dead letters.
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
        refusal: Refuse,
        placed_in: int | None,
    ) -> None:
        self.champions = champions
        self._making = making
        self._reader = reader
        self._writer = writer
        self._shared = making.shared
        self._refusal = refusal
        self._placed_in = placed_in
        self._learners: dict[bytes, Learner] = {}
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
        learner = self._learners.get(self._holder(entity))
        return None if learner is None else learner.models

    def dump(self, entity: bytes) -> bytes:
        """What is known of the entity, or what is the partition's own, as versioned, checksummed bytes."""
        learner = self._learners.get(entity)
        if learner is None and entity != OWN:
            raise KeyError(entity)
        models = None if learner is None else learner.models
        return packed(
            Dumped(
                None if models is None else models.dump(),
                () if learner is None else learner.early.state(),
                self.champions.state() if entity == OWN else (),
            )
        )

    def load(self, entity: bytes, state: bytes, valid_at: int) -> None:
        """Put a dumped state in place; it holds every record below offset `valid_at`.

        Raises models.errors.CorruptState or IncompatibleState, and then changes nothing.
        """
        dumped = unpacked(state)
        if dumped.models is not None and (entity == OWN) != self._shared:
            told = ("partition", "entity") if self._shared else ("entity", "partition")
            raise IncompatibleState(
                f"The 'scope' of the saved state must be {told[0]}, as configured, got {told[1]}; another scope needs "
                "a predictor of another name."
            )
        models = None if dumped.models is None else self._making.load(dumped.models)
        self.forget(entity, valid_at)
        if entity == OWN:
            self.champions.restore(dumped.reigns)
        if models is not None or dumped.early:
            learner = self._learners[entity] = self._learner()
            learner.models = models
            learner.early.restore(dumped.early)

    def forget(self, entity: bytes, valid_at: int = 0) -> None:
        """Drop what is known of the entity; that holds every record below offset `valid_at`."""
        self._learners.pop(entity, None)
        if entity == OWN:
            self.champions.restore([])
        self._valid_at.pop(entity, None)
        if valid_at:
            self._valid_at[entity] = valid_at

    def __contains__(self, entity: object) -> bool:
        """Whether something is known of the entity, or is the partition's own."""
        return entity in self._learners or (entity == OWN and len(self.champions) > 0)

    def entities(self) -> Iterable[bytes]:
        """Every entity of which something is known, and OWN where there is something of the partition's."""
        own = [OWN] if OWN in self and OWN not in self._learners else []
        return [*own, *self._learners]

    def observed(self) -> Observed:
        """See stream.metrics.Observable."""
        return self._seen.observed()

    def _take(self, entry: Entry, step: Step) -> None:
        said = entry.said
        if isinstance(said, Rejected):
            step.outputs.append(self._letter(entry.source, entry.record.offset, said))
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
        learner = self._learners.get(holder) or self._learner()
        outgoing, error = learner.advance(entry.source, told, self.champions.at(offset))
        if learner.models is not None or learner.early:
            self._learners[holder] = learner
            step.changed.setdefault(holder, offset)
        step.outputs.extend(Output(holder, offset, self._placed(one)) for one in outgoing)
        if error is not None:
            reason = RejectReason.BAD_LABEL if error.field == "label" else RejectReason.BAD_FEATURE
            rejected = Rejected(reason, str(error), told.entity, told.time)
            step.outputs.append(self._letter(entry.source, offset, rejected))

    def _promoted(self, entry: Entry, said: Promoted, step: Step) -> None:
        offset = entry.record.offset
        if offset < self._valid_at.get(OWN, 0):
            return
        previous = self.champions.at(offset)
        outgoing = self._writer.promotion(entry.source, said.time, said.model, previous)
        self.champions.promote(offset, said.model)
        self._seen.changed(said.model, "promotion")
        step.changed.setdefault(OWN, offset)
        step.outputs.append(Output(OWN, offset, self._placed(outgoing)))

    def _forgotten(self, entry: Entry, entity: bytes, step: Step) -> None:
        offset = entry.record.offset
        if self._shared or offset < self._valid_at.get(entity, 0) or entity not in self._learners:
            return
        self.forget(entity)
        step.changed.setdefault(entity, offset)
        assert isinstance(step.forgotten, dict)
        step.forgotten[entity] = offset

    def _letter(self, source: Record, offset: int, rejected: Rejected) -> Output:
        self._seen.rejected(rejected.reason)
        return Output(None, offset, self._placed(self._refusal(source, rejected)))

    def _learner(self) -> Learner:
        return Learner(self._making, self._writer, self._seen)

    def _holder(self, entity: bytes) -> bytes:
        return OWN if self._shared else entity

    def _placed(self, outgoing: Outgoing) -> Outgoing:
        """The output in the partition in which its entity's records are read."""
        if self._placed_in is None:
            return outgoing
        return outgoing._replace(partition=self._placed_in)
