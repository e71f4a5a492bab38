"""Sending the demo's events, and watching until all of them are scored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Event, Thread
from time import monotonic
from typing import NamedTuple

from stream.codec.score import ScoreRecord
from stream.demo.findings import read_scores
from stream.demo.series import Series, TimedEvent
from stream.records import Outgoing
from stream.settings import DetectorSettings
from stream.transports.protocol import Transport

_BATCH = 1_000
_LOOKS_PER_SECOND = 4.0


class Count(NamedTuple):
    """How far one detector has come."""

    name: str
    rows: int
    """Of the whole data set."""
    sent: int
    scored: int
    refused: int
    """Dead letters."""
    anomalies: int
    rate: float
    """Records scored per second since the last look."""

    @property
    def lag(self) -> int:
        """Records that were sent and wait."""
        return self.sent - self.scored - self.refused

    @property
    def done(self) -> bool:
        """Whether everything is sent and scored."""
        return self.sent >= self.rows and self.lag == 0


class Player:
    """Sends one series to its detector's topic in a thread of its own, and follows the scores."""

    def __init__(self, log: Transport, series: Series, detector: DetectorSettings) -> None:
        self.series = series
        self.detector = detector
        self.flagged: list[ScoreRecord] = []
        """The anomalies so far, in the order of their rows."""
        self._log = log
        self._next = 0
        self._count = Count(series.name, series.rows, 0, 0, 0, 0, 0.0)
        self._looked = monotonic()
        self._failure: Exception | None = None
        self._thread = Thread(target=self._send, name=f"demo-{series.name}", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def look(self) -> Count:
        """Read what is new. Raises what stopped the sending, and TransportError."""
        if self._failure is not None:
            raise self._failure
        for record in read_scores(self._log, self.detector.output.topic, self._next):
            self._next += 1
            if record.status == "anomaly":
                self.flagged.append(record)
        now, before = monotonic(), self._count
        self._count = before._replace(
            sent=self._end(self.detector.input.topic),
            scored=self._next,
            refused=self._end(self.detector.dead_letters.topic),
            anomalies=len(self.flagged),
            rate=(self._next - before.scored) / max(now - self._looked, 1e-9),
        )
        self._looked = now
        return self._count

    def _send(self) -> None:
        try:
            for batch in _batches(self.series.events()):
                topic = self.detector.input.topic
                self._log.append(
                    [Outgoing(topic, None, event, (), timestamp, 0) for event, timestamp in batch]
                )
        except Exception as error:
            self._failure = error

    def _end(self, topic: str) -> int:
        info = self._log.topics().get(topic)
        return 0 if info is None else info.bounds[0][1]


def watch(
    players: list[Player],
    show: Callable[[list[Count]], None],
    stop: Event,
    alive: Callable[[], bool],
) -> bool:
    """Look until everything is scored; `show` hears of each look.

    Returns whether it came to the end: `stop` and a worker that is not `alive` end it too.
    """
    while True:
        counts = [player.look() for player in players]
        show(counts)
        if all(count.done for count in counts):
            return True
        if stop.wait(1.0 / _LOOKS_PER_SECOND) or not alive():
            return False


def _batches(events: Iterator[TimedEvent]) -> Iterator[list[TimedEvent]]:
    batch: list[TimedEvent] = []
    for event in events:
        batch.append(event)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
