"""What a recommender does with its log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from models.errors import CorruptState, InvalidParameter
from models.recommend.records import Interaction, Request
from stream.codec import Rejected, RejectReason, dead_letter
from stream.codec.cloud_events import JSON_TYPE
from stream.codec.recommendation.items import Described, Removed
from stream.codec.recommendation.requests import Asked
from stream.codec.recommendation.writer import RecommendationWriter, Said
from stream.metrics import Metric, Observed, table
from stream.records import Outgoing, Record
from stream.tasks.protocol import WHOLE, ModelError, Output, Piece, Step
from stream.tasks.recommend.outline import Learner
from stream.tasks.recommend.progress import Progress, load_progress
from stream.tasks.recommend.reading import Forgotten, LogReader
from stream.tasks.recommend.throttle import Throttle

MODELS, THROTTLE, PROGRESS = b"m/", b"t/", b"p"
"""What the names of pieces begin with."""


class Manner(NamedTuple):
    """How a recommender answers."""

    n: int
    """Items of a recommendation that nobody asked for."""
    speaking: frozenset[int]
    """Kinds of interaction after which the user is told something."""
    every: float | None
    """Seconds of event time from one such record to the next of the same user; 0: each time; None: never."""
    metrics_every: int | None
    """Interactions from one record of measures to the next; None: there are none."""


class _Work:
    """A batch in the making."""

    def __init__(self) -> None:
        self.outputs: list[Output] = []
        self.run: list[Interaction] = []
        """Interactions that are still to be learned."""
        self.changed: dict[bytes, int] = {}
        self.rejected: Counter[str] = Counter()
        self.counts: Counter[Metric] = Counter()


class RecommendState:
    """The state of the one partition of a recommender's log. See stream.tasks.protocol.SharedState.

    Records are learned in the order of the log. Interactions between two questions are learned in one go.

    content_types: of the values of each source, for records that do not say it.
    """

    def __init__(
        self,
        name: str,
        recommender: Learner,
        reader: LogReader,
        writer: RecommendationWriter,
        manner: Manner,
        *,
        dead_letter_topic: str,
        content_types: Mapping[str, str],
    ) -> None:
        self.recommender = recommender
        self._name = name
        self._reader = reader
        self._writer = writer
        self._manner = manner
        self._dead_letter_topic = dead_letter_topic
        self._content_types = content_types
        self._throttle = Throttle(manner.every) if manner.every else None
        self._progress = Progress()
        self._valid_at = 0
        self._rejected: Counter[str] = Counter()
        self._counts: Counter[Metric] = Counter()
        self._levels: dict[Metric, float] = {}
        self._evicted = 0

    def process(self, records: Sequence[Record]) -> Step:
        """Learn and answer a batch.

        Raises RegistryUnavailable while a schema cannot be had, and then nothing has changed.
        """
        if records and records[0].offset < self._valid_at:
            records = [record for record in records if record.offset >= self._valid_at]
        told = [self._reader.read(record) for record in records]
        work = _Work()
        for record, one in zip(records, told, strict=True):
            if type(one) is Interaction:
                self._interaction(record, one, work)
            elif isinstance(one, Asked):
                self._answer(record, one, work)
            elif isinstance(one, Described | Removed):
                self._item(record, one, work)
            elif isinstance(one, Forgotten):
                self._forget_user(record, one.user, work)
            elif isinstance(one, Rejected):
                self._reject(record, one, work)
        self._learn(work)
        # Counted last, so that what has to be processed again after an exception is counted once.
        self._rejected.update(work.rejected)
        self._counts.update(work.counts)
        return Step(work.outputs, work.changed)

    def entity_of(self, record: Record) -> bytes | None:
        """The whole; None where the record would change nothing."""
        changing = Interaction | Described | Removed | Forgotten
        return WHOLE if isinstance(self._reader.read(record), changing) else None

    def refuse(self, record: Record, error: ModelError) -> Output:
        """The dead letter for a record on which the models failed."""
        self._rejected[RejectReason.MODEL_ERROR] += 1
        refused = Rejected(RejectReason.MODEL_ERROR, error.detail, traceback=error.traceback)
        return Output(None, record.offset, self._refused(record, refused))

    def __contains__(self, entity: object) -> bool:
        """Whether the entity is the whole, and something has been learned."""
        return entity == WHOLE

    def entities(self) -> Iterable[bytes]:
        """The whole."""
        return (WHOLE,)

    def dump(self, entity: bytes) -> bytes:
        """Raises KeyError: a shared state is saved by checkpoints."""
        raise KeyError(entity)

    def forget(self, entity: bytes, valid_at: int = 0) -> None:  # noqa: ARG002 - a contract
        """Raises KeyError: a shared state is never forgotten."""
        raise KeyError(entity)

    def checkpoint(self) -> Iterator[Piece]:
        """The pieces to be written now."""
        for name, state in self.recommender.checkpoint():
            yield Piece(MODELS + name, state)
        if self._throttle is not None:
            for name, state in self._throttle.checkpoint():
                yield Piece(THROTTLE + name, state)
        yield Piece(PROGRESS, self._progress.dump())

    def load(self, entity: bytes, state: bytes, valid_at: int) -> None:  # noqa: ARG002 - a contract
        """Put a piece in place; newer ones come later."""
        if entity == PROGRESS:
            self._progress = load_progress(state)
        elif entity.startswith(MODELS):
            self.recommender.load(entity.removeprefix(MODELS), state)
        elif entity.startswith(THROTTLE) and self._throttle is not None:
            self._throttle.load(entity.removeprefix(THROTTLE), state)
        elif not entity.startswith(THROTTLE):
            raise CorruptState(f"The name of a piece must begin with m/, t/ or p, got {entity!r}.")

    def loaded(self, valid_at: int) -> None:
        """All pieces are there; they hold every record below offset `valid_at`."""
        self.recommender.loaded()
        if self._throttle is not None:
            self._throttle.loaded()
        self._valid_at = valid_at

    def observed(self) -> Observed:
        """See stream.metrics.Observable."""
        users, items, evicted = self.recommender.population
        self._levels |= {table.USERS: users, table.ITEMS: items}
        self._counts[table.EVICTED] += evicted - self._evicted
        self._evicted = evicted
        observed = Observed(Counter(), np.zeros(0), self._rejected, self._counts, self._levels)
        self._rejected, self._counts, self._levels = Counter(), Counter(), {}
        return observed

    def _interaction(self, record: Record, interaction: Interaction, work: _Work) -> None:
        work.run.append(interaction)
        work.changed.setdefault(WHOLE, record.offset)
        clock = self._progress.advance(interaction.time)
        speaks = interaction.kind in self._manner.speaking
        if self._throttle is not None:
            due = (
                self._throttle.changed(interaction.user, clock)
                if speaks
                else self._throttle.passed(clock)
            )
            if due:
                self._tell(record, due, work)
        elif speaks and self._manner.every is not None:
            self._tell(record, [interaction.user], work)
        every = self._manner.metrics_every
        if every is not None and self._progress.learned % every == 0:
            self._measure(record, work)

    def _learn(self, work: _Work) -> None:
        """Learn what waits for it."""
        if work.run:
            self.recommender.learn(work.run)
            work.counts[table.LEARNED] += len(work.run)
            work.run = []

    def _tell(self, record: Record, users: Sequence[str], work: _Work) -> None:
        self._learn(work)
        origin, now = self._reader.original(record), self._progress.now
        # The draw of what is explored has to differ from one record to the next, and be the same on a replay.
        requests = [Request(user=user, n=self._manner.n, draw=record.offset) for user in users]
        answers = self.recommender.recommend_many(requests)
        for ordinal, (user, items) in enumerate(zip(users, answers, strict=True)):
            said = Said(user, now, "change", user.encode(), ordinal=ordinal)
            self._output(record, self._writer.recommendation(origin, said, items), work)
        work.counts[table.RECOMMENDED] += len(users)

    def _answer(self, record: Record, asked: Asked, work: _Work) -> None:
        self._learn(work)
        try:
            items = self.recommender.recommend(asked.request)
        except InvalidParameter as error:
            self._reject(record, Rejected(RejectReason.BAD_REQUEST, str(error)), work)
            return
        time = self._progress.now if asked.request.time is None else asked.request.time
        said = Said(asked.request.user, time, "request", asked.key, asked.id)
        answer = self._writer.recommendation(self._reader.original(record), said, items)
        self._output(record, answer, work)
        work.counts[table.RECOMMENDED] += 1

    def _item(self, record: Record, told: Described | Removed, work: _Work) -> None:
        self._learn(work)
        try:
            if isinstance(told, Described):
                self.recommender.put_item(*told)
            else:
                self.recommender.remove_item(told.item)
        except InvalidParameter as error:
            self._reject(record, Rejected(RejectReason.BAD_ITEM, str(error)), work)
            return
        work.changed.setdefault(WHOLE, record.offset)

    def _forget_user(self, record: Record, user: str, work: _Work) -> None:
        self._learn(work)
        self.recommender.forget_user(user)
        if self._throttle is not None:
            self._throttle.forget(user)
        work.changed.setdefault(WHOLE, record.offset)
        # Whether anything was known or not: records of the user may still stand in the output.
        gone = self._writer.forgotten(self._reader.original(record), user, self._progress.now)
        self._output(record, gone, work)
        work.counts[table.FORGOTTEN] += 1

    def _measure(self, record: Record, work: _Work) -> None:
        self._learn(work)
        measures = self.recommender.measures()
        origin, progress = self._reader.original(record), self._progress
        made = self._writer.metrics(origin, progress.now, progress.learned, measures)
        self._output(record, made, work)
        lately = measures.window
        figures = {
            table.RECALL: lately.everything.recall,
            table.RECIPROCAL_RANK: lately.everything.mrr,
        }
        self._levels |= {metric: value for metric, value in figures.items() if value is not None}

    def _reject(self, record: Record, rejected: Rejected, work: _Work) -> None:
        work.rejected[rejected.reason] += 1
        work.outputs.append(Output(None, record.offset, self._refused(record, rejected)))

    def _refused(self, record: Record, rejected: Rejected) -> Outgoing:
        origin = self._reader.original(record)
        return dead_letter(
            origin,
            rejected,
            self._name,
            self._dead_letter_topic,
            self._content_types.get(origin.topic, JSON_TYPE),
            "recommenders",
        )

    def _output(self, record: Record, outgoing: Outgoing, work: _Work) -> None:
        work.outputs.append(Output(WHOLE, record.offset, outgoing))
