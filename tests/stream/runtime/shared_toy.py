"""A shared state of which every output depends on every record before it, of whatever key.

Its rows are grouped in blocks; a checkpoint writes the rows that changed (the delta) and one block in full, so that a
state is made of pieces of many checkpoints, as those of recommenders are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from zlib import crc32

from models.errors import CorruptState, IncompatibleState
from stream.records import Outgoing, Record, TopicPartition
from stream.tasks.protocol import WHOLE, ModelError, Output, PartitionState, Piece, Step
from stream.transports.protocol import TopicSpec

BLOCKS = 4
RING = 4
"""Checkpoints after which every block was written once."""
VERSION = 1
POISON = b"poison"
QUERY = b"query"
"""A record that is answered and changes nothing."""


def sealed(body: object) -> bytes:
    text = json.dumps([VERSION, body]).encode()
    return b"%08x" % crc32(text) + text


def opened(piece: bytes) -> object:
    if b"%08x" % crc32(piece[8:]) != piece[:8]:
        raise CorruptState("A piece must match its checksum.")
    version, body = json.loads(piece[8:])
    if version != VERSION:
        raise IncompatibleState(f"A piece must be of version {VERSION}, got {version}.")
    return body


class SharedToyState:
    """key -> records seen; a count of all records, and a chained CRC of all of them."""

    def __init__(self, topic: str, tp: TopicPartition) -> None:
        self.topic = topic
        self.tp = tp
        self.rows: dict[str, int] = {}
        self.chain, self.total = 0, 0
        self.number = 0
        self.changed: set[str] = set()
        self.valid_at = 0
        self.padding = 0
        self.loading: list[tuple[int, bytes, dict[str, int | None]]] = []
        self.head: tuple[int, int, int] | None = None

    def process(self, records: Sequence[Record]) -> Step:
        step = Step([], {}, {})
        for record in records:
            if record.offset >= self.valid_at:
                self._process(record, step)
        return step

    def _process(self, record: Record, step: Step) -> None:
        if record.key is None:
            step.outputs.append(self._letter(record, ()))
            return
        if record.value == QUERY:
            step.outputs.append(self._output(record))
            return
        key = record.key.decode()
        # Half-changed on purpose, so that nobody may go on with it after poison.
        self.total += 1
        self.chain = crc32(record.key + b"=" + (record.value or b""), self.chain)
        if record.value == POISON:
            raise ValueError(f"at {record.offset} of {object()!r}")
        self.changed.add(key)
        step.changed.setdefault(WHOLE, record.offset)
        if record.value is None:
            self.rows.pop(key, None)
            return
        self.rows[key] = self.rows.get(key, 0) + 1
        step.outputs.append(self._output(record))

    def _output(self, record: Record) -> Output:
        key = (record.key or b"").decode()
        text = f"{key} {self.rows.get(key, 0)} {self.total} {self.chain:08x}".encode()
        out = Outgoing(self.topic, record.key, text, (), record.timestamp, self.tp.partition)
        return Output(WHOLE, record.offset, out)

    def _letter(self, record: Record, headers: tuple[tuple[str, bytes], ...]) -> Output:
        letter = Outgoing(
            f"{self.topic}.dlq",
            record.key,
            record.value,
            (*record.headers, *headers),
            record.timestamp,
            self.tp.partition,
        )
        return Output(None, record.offset, letter)

    def entity_of(self, record: Record) -> bytes | None:
        return None if record.key is None else WHOLE

    def refuse(self, record: Record, error: ModelError) -> Output:
        told = (("detail", error.detail.encode()), ("traceback", error.traceback.encode()))
        return self._letter(record, told)

    def __contains__(self, entity: object) -> bool:
        return entity == WHOLE

    def entities(self) -> Iterable[bytes]:
        return [WHOLE]

    def dump(self, entity: bytes) -> bytes:
        raise AssertionError("a shared state is never dumped")

    def forget(self, entity: bytes, valid_at: int = 0) -> None:
        raise AssertionError("a shared state is never forgotten")

    def checkpoint(self) -> Iterator[Piece]:
        self.number += 1
        delta = {key: self.rows.get(key) for key in sorted(self.changed)}
        self.changed.clear()
        yield Piece(b"delta/%d" % (self.number % RING), sealed([self.number, delta]))
        which = self.number % BLOCKS
        block = {key: n for key, n in self.rows.items() if crc32(key.encode()) % BLOCKS == which}
        piece = sealed([self.number, block, "x" * self.padding])
        # An empty block has no piece.
        yield Piece(b"\x00base/%d" % which, piece if block else None)
        yield Piece(b"sums", sealed([self.number, self.chain, self.total]))

    def load(self, entity: bytes, state: bytes, valid_at: int) -> None:
        body = opened(state)
        assert isinstance(body, list)
        if entity == b"sums":
            self.head = tuple(body)
        else:
            self.loading.append((body[0], entity, body[1]))

    def loaded(self, valid_at: int) -> None:
        if self.head is None:
            raise CorruptState("The sums must be there.")
        numbers = [number for number, _, _ in self.loading]
        if numbers != sorted(numbers):
            raise AssertionError("pieces come in the order of their checkpoints")
        for _, name, rows in self.loading:
            if name.startswith(b"\x00base"):
                which = int(name[-1:])
                self._drop_block(which)
            for key, seen in rows.items():
                if seen is None:
                    self.rows.pop(key, None)
                else:
                    self.rows[key] = seen
        self.number, self.chain, self.total = self.head
        self.loading = []
        self.valid_at = valid_at

    def _drop_block(self, which: int) -> None:
        for key in [key for key in self.rows if crc32(key.encode()) % BLOCKS == which]:
            del self.rows[key]


class SharedToyTask:
    """Reads `events`, writes `toy`. padding: bytes by which each block is larger than it need be."""

    def __init__(
        self, partitions: int = 1, padding: int = 0, name: str = "toy", events: str = "events"
    ) -> None:
        self.name = name
        self.configuration = "1"
        self.inputs: Sequence[str] = (events,)
        self.snapshot_topic = f"{name}.snapshots"
        self.padding = padding
        self.topics: Sequence[TopicSpec] = (
            TopicSpec(events, partitions),
            TopicSpec(name, partitions),
            TopicSpec(f"{name}.dlq", partitions),
            TopicSpec(self.snapshot_topic, partitions, compact=True),
        )

    def open(self, tp: TopicPartition) -> PartitionState:
        state = SharedToyState(self.name, tp)
        state.padding = self.padding
        return state
