"""Sending the demo's events, and watching until all of them are done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from threading import Event, Thread
from time import monotonic
from typing import NamedTuple, Protocol

from stream.codec.score import ScoreRecord
from stream.demo.findings import read_scores
from stream.demo.series import Series
from stream.records import Outgoing, TopicPartition
from stream.settings import DetectorSettings
from stream.settings.task import Role, TaskSettings
from stream.transports.protocol import Transport

_BATCH = 1_000
_LOOKS_PER_SECOND = 4.0


class Count(NamedTuple):
    """How far one task has come."""

    name: str
    rows: int
    """Of the whole data set."""
    sent: int
    done: int
    """Dead letters included."""
    refused: int
    """Dead letters."""
    told: str
    """What came of it so far, in a word or two."""
    rate: float
    """Records done per second since the last look."""

    @property
    def lag(self) -> int:
        """Records that were sent and wait."""
        return self.sent - self.done

    @property
    def complete(self) -> bool:
        """Whether everything is sent and done."""
        return self.sent >= self.rows and self.lag <= 0


class Player(Protocol):
    """Lets one task have its data, and follows what it makes of them."""

    def start(self) -> None:
        """Begin to send, if there is something to be sent."""

    def look(self) -> Count:
        """Read what is new. Raises what stopped the sending, and TransportError."""


class Sender:
    """Appends records to the log in a thread of its own, in their order."""

    def __init__(
        self, log: Transport, name: str, records: Callable[[], Iterator[Outgoing]]
    ) -> None:
        self._log = log
        self._records = records
        self._failure: Exception | None = None
        self._thread = Thread(target=self._send, name=f"demo-{name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def check(self) -> None:
        """Raise what stopped the sending."""
        if self._failure is not None:
            raise self._failure

    def _send(self) -> None:
        try:
            for batch in _batches(self._records()):
                self._log.append(batch)
        except Exception as error:
            self._failure = error


class DetectorPlayer:
    """Sends one series to its detector's topic, and follows the scores."""

    def __init__(self, log: Transport, series: Series, detector: DetectorSettings) -> None:
        self.series = series
        self.detector = detector
        self.flagged: list[ScoreRecord] = []
        """The anomalies so far, in the order of their rows."""
        self._log = log
        self._next = 0
        self._sender = Sender(log, series.name, self._records)
        self._pace = _Pace()

    def start(self) -> None:
        """See Player."""
        self._sender.start()

    def look(self) -> Count:
        """See Player."""
        self._sender.check()
        for record in read_scores(self._log, self.detector.output.topic, self._next):
            self._next += 1
            if record.status == "anomaly":
                self.flagged.append(record)
        refused = end_of(self._log, self.detector.dead_letters.topic)
        done = self._next + refused
        return Count(
            self.series.name,
            self.series.rows,
            end_of(self._log, self.detector.input.topic),
            done,
            refused,
            f"{len(self.flagged):,} anomalies",
            self._pace.rate(done),
        )

    def _records(self) -> Iterator[Outgoing]:
        topic = self.detector.input.topic
        for event, timestamp in self.series.events():
            yield Outgoing(topic, None, event, (), timestamp, 0)


class LogPlayer:
    """Sends a task the records of all that it reads, and follows how far it is in its log.

    records: None where somebody else sends the same. tell: what came of it so far.
    """

    def __init__(
        self,
        log: Transport,
        name: str,
        task: TaskSettings,
        rows: int,
        records: Callable[[], Iterator[Outgoing]] | None,
        tell: Callable[[], str],
    ) -> None:
        self.name = name
        self.task = task
        self._log = log
        self._rows = rows
        self._sender = None if records is None else Sender(log, name, records)
        self._tell = tell
        self._pace = _Pace()

    def start(self) -> None:
        """See Player."""
        if self._sender is not None:
            self._sender.start()

    def look(self) -> Count:
        """See Player."""
        if self._sender is not None:
            self._sender.check()
        committed = self._log.committed(f"cutstream.{self.name}")
        place = committed.get(TopicPartition(self.task.log_topic, 0))
        done = 0 if place is None else place.offset
        return Count(
            self.name,
            self._rows,
            sum(end_of(self._log, topic) for topic in self.task.sends()),
            done,
            end_of(self._log, self.task.topics[Role.DEAD_LETTERS].name),
            self._tell(),
            self._pace.rate(done),
        )


class _Pace:
    """Turns a growing count into a rate."""

    def __init__(self) -> None:
        self._done = 0
        self._looked = monotonic()

    def rate(self, done: int) -> float:
        """How many per second since the last call."""
        now = monotonic()
        rate = (done - self._done) / max(now - self._looked, 1e-9)
        self._done, self._looked = done, now
        return rate


def watch(
    players: Sequence[Player],
    show: Callable[[list[Count]], None],
    stop: Event,
    alive: Callable[[], bool],
) -> bool:
    """Look until everything is done; `show` hears of each look.

    Returns whether it came to the end: `stop` and a worker that is not `alive` end it too.
    """
    while True:
        counts = [player.look() for player in players]
        show(counts)
        if all(count.complete for count in counts):
            return True
        if stop.wait(1.0 / _LOOKS_PER_SECOND) or not alive():
            return False


def end_of(log: Transport, topic: str) -> int:
    """How many records a topic has had in all partitions; 0 while there is none."""
    info = log.topics().get(topic)
    return 0 if info is None else sum(end for _, end in info.bounds)


def _batches(records: Iterator[Outgoing]) -> Iterator[list[Outgoing]]:
    batch: list[Outgoing] = []
    for record in records:
        batch.append(record)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
