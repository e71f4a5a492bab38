"""All that can be asked of one detector's topics."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

from stream.errors import UnknownTopic
from stream.query.database import Database
from stream.query.entities import EntityIndex
from stream.query.extract import AsJson, extract, untouched
from stream.query.scores import ScoreIndex
from stream.query.states import Describe, StateIndex
from stream.query.tail import TopicTail
from stream.transports.protocol import TopicInfo, Transport


class DetectorTopics(NamedTuple):
    """Where a detector's records are."""

    input: str
    output: str
    snapshots: str
    group: str
    """The consumer group that reads the input."""


class DetectorView:
    """An index of one detector's outputs and snapshots, in memory of bounded size.

    as_json: makes JSON of the values of score records.

    `refresh` reads what is new; everything else may be asked from any thread at any time.
    """

    def __init__(
        self,
        transport: Transport,
        name: str,
        topics: DetectorTopics,
        describe: Describe,
        *,
        max_records: int = 200_000,
        max_entities: int = 100_000,
        as_json: AsJson = untouched,
    ) -> None:
        self._database = Database()
        self._refreshing = threading.Lock()
        self.name = name
        self.topics = topics
        self.transport = transport
        self.scores = ScoreIndex(self._database, max_entities, partial(extract, as_json=as_json))
        self.states = StateIndex(
            self._database, transport, topics.snapshots, describe, max_entities
        )
        self.entities = EntityIndex(self._database)
        self._tails = (
            TopicTail(transport, topics.output, self.scores, max_records),
            TopicTail(transport, topics.snapshots, self.states),
        )
        self.caught_up = threading.Event()
        """Set once the index has held everything that was in its topics at one moment."""

    def refresh(self, infos: Mapping[str, TopicInfo] | None = None) -> int:
        """Read what is new; return how many records came.

        `infos` are the topics as of now, where they are known already. Raises UnknownTopic while
        the topics do not exist, and TransportError.
        """
        with self._refreshing:
            infos = self.transport.topics() if infos is None else infos
            for tail in self._tails:
                if tail.topic not in infos:
                    raise UnknownTopic(f"The topic {tail.topic!r} must exist, got no such topic.")
            came = sum(tail.refresh(infos[tail.topic]) for tail in self._tails)
            if not any(tail.interrupted.is_set() for tail in self._tails):
                self.caught_up.set()
            return came

    def interrupt(self) -> None:
        """Let a refresh in hand, and every later one, end soon."""
        for tail in self._tails:
            tail.interrupted.set()

    def close(self) -> None:
        """Free the memory; the view answers nothing afterwards."""
        self.interrupt()
        with self._refreshing:
            self._database.close()
