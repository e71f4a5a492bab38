"""What can be asked of one predictor's output: its newest predictions."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import msgspec

from models.detector.decisions import NORMAL
from stream.codec.timestamps import to_microseconds
from stream.errors import UnknownTopic
from stream.query.database import Database
from stream.query.extract import Scored
from stream.query.scores import ScoreIndex
from stream.query.tail import TopicTail
from stream.records import Record
from stream.transports.protocol import TopicInfo, Transport


class _Predicted(msgspec.Struct):
    """The fields of a prediction record that are looked for."""

    entity: str
    time: str
    prediction: bool | int | float | str | None


_decoder = msgspec.json.Decoder(_Predicted)


class PredictionView:
    """An index of one predictor's predictions, in memory of bounded size.

    `refresh` reads what is new; `records` may be asked from any thread at any time.
    """

    def __init__(
        self, transport: Transport, name: str, output: str, *, max_records: int = 200_000
    ) -> None:
        self._database = Database()
        self._refreshing = threading.Lock()
        self._transport = transport
        self.name = name
        self.records = ScoreIndex(self._database, extract=extract_prediction)
        self._tail = TopicTail(transport, output, self.records, max_records)
        self.caught_up = threading.Event()
        """Set once the index has held everything that was in its topic at one moment."""

    def refresh(self, infos: Mapping[str, TopicInfo] | None = None) -> int:
        """Read what is new; return how many records came.

        `infos` are the topics as of now, where they are known already. Raises UnknownTopic while
        the topic does not exist, and TransportError.
        """
        with self._refreshing:
            infos = self._transport.topics() if infos is None else infos
            if self._tail.topic not in infos:
                raise UnknownTopic(f"The topic {self._tail.topic!r} must exist, got no such topic.")
            came = self._tail.refresh(infos[self._tail.topic])
            if not self._tail.interrupted.is_set():
                self.caught_up.set()
            return came

    def interrupt(self) -> None:
        """Let a refresh in hand, and every later one, end soon."""
        self._tail.interrupted.set()

    def close(self) -> None:
        """Free the memory; the view answers nothing afterwards."""
        self.interrupt()
        with self._refreshing:
            self._database.close()


def extract_prediction(record: Record) -> Scored | None:
    """What a record of a predictor's output topic says, or None where it is no prediction."""
    value = record.value or b""
    try:
        value.decode()  # the decoder passes over strings that it does not need
        found = _decoder.decode(value)
    except (UnicodeDecodeError, msgspec.DecodeError, RecursionError):
        return None
    time = to_microseconds(found.time)
    if time is None:
        time = record.timestamp * 1000
    return Scored(found.entity, time, NORMAL, 0.0, value)
