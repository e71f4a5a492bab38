"""A task whose every output depends on every record of its key before: a count and a chained CRC.

A record that is lost, doubled or out of order changes all later outputs of its key.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from zlib import crc32

from models.errors import CorruptState, IncompatibleState
from stream.records import Headers, Outgoing, Record, TopicPartition
from stream.tasks.protocol import ModelError, Output, PartitionState, Step
from stream.transports.protocol import TopicSpec

LAYOUT = struct.Struct("<HQI")
VERSION = 1


class ToyState:
    """entity -> (records seen, chained CRC)."""

    def __init__(self, topic: str, tp: TopicPartition) -> None:
        self.topic = topic
        self.tp = tp
        self.states: dict[bytes, tuple[int, int]] = {}
        self.valid_at: dict[bytes, int] = {}

    def process(self, records: Sequence[Record]) -> Step:
        step = Step([], {}, {})
        for record in records:
            self._process(record, step)
        return step

    def _process(self, record: Record, step: Step) -> None:
        if record.key is None:
            step.outputs.append(self._letter(record, (("offset", b"%d" % record.offset),)))
            return
        if record.offset < self.valid_at.get(record.key, 0):
            return
        if record.value is None:
            if self.states.pop(record.key, None) is not None:
                step.changed.setdefault(record.key, record.offset)
                step.forgotten[record.key] = record.offset
            return
        seen, chain = self.states.get(record.key, (0, 0))
        seen, chain = seen + 1, crc32(record.value, chain)
        self.states[record.key] = (seen, chain)
        step.changed.setdefault(record.key, record.offset)
        text = b"%s %d %d %08x" % (record.key, record.offset, seen, chain)
        out = Outgoing(self.topic, record.key, text, (), record.timestamp, self.tp.partition)
        step.outputs.append(Output(record.key, record.offset, out))

    def _letter(self, record: Record, headers: Headers) -> Output:
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
        return record.key

    def refuse(self, record: Record, error: ModelError) -> Output:
        told = (("detail", error.detail.encode()), ("traceback", error.traceback.encode()))
        return self._letter(record, told)

    def __contains__(self, entity: object) -> bool:
        return entity in self.states

    def dump(self, entity: bytes) -> bytes:
        body = LAYOUT.pack(VERSION, *self.states[entity])
        return body + struct.pack("<I", crc32(body))

    def load(self, entity: bytes, state: bytes, valid_at: int) -> None:
        body, checksum = state[:-4], state[-4:]
        if len(body) != LAYOUT.size or struct.pack("<I", crc32(body)) != checksum:
            raise CorruptState(f"The state of {entity!r} must match its checksum.")
        version, seen, chain = LAYOUT.unpack(body)
        if version != VERSION:
            raise IncompatibleState(f"The state of {entity!r} must be of version 1, got {version}.")
        self.states[entity] = (seen, chain)
        self.valid_at[entity] = valid_at

    def forget(self, entity: bytes, valid_at: int = 0) -> None:
        self.states.pop(entity, None)
        self.valid_at[entity] = valid_at

    def entities(self) -> Iterable[bytes]:
        return list(self.states)


class ToyTask:
    """Reads `events`, writes `toy`."""

    def __init__(self, partitions: int = 1, name: str = "toy", events: str = "events") -> None:
        self.name = name
        self.configuration = "1"
        self.inputs: Sequence[str] = (events,)
        self.snapshot_topic = f"{name}.snapshots"
        self.topics: Sequence[TopicSpec] = (
            TopicSpec(events, partitions),
            TopicSpec(name, partitions),
            TopicSpec(f"{name}.dlq", partitions),
            TopicSpec(self.snapshot_topic, partitions, compact=True),
        )

    def open(self, tp: TopicPartition) -> PartitionState:
        return ToyState(self.name, tp)


class WaywardState(ToyState):
    """Nondeterministic on purpose: `noise` stands for a wall clock or an unseeded generator."""

    noise = 0

    def _process(self, record: Record, step: Step) -> None:
        value = (record.value or b"") + b"%d" % WaywardState.noise
        super()._process(record._replace(value=value), step)


class WaywardTask(ToyTask):
    """The toy task, gone wrong."""

    def open(self, tp: TopicPartition) -> PartitionState:
        return WaywardState(self.name, tp)


POISON = b"poison"


class PickyState(ToyState):
    """Raises on poison, when its entity's state and some others are already half-changed."""

    raised = 0

    def process(self, records: Sequence[Record]) -> Step:
        for record in records:
            if self._dislikes(record):
                # All that the batch touches is disturbed, so that nobody may go on with it.
                for touched in records:
                    if touched.key is not None:
                        self.states[touched.key] = (666, 666)
                PickyState.raised += 1
                raise ValueError(f"at {record.offset} of {object()!r} in /somewhere/else.py")
        return super().process(records)

    def _dislikes(self, record: Record) -> bool:
        held = self.valid_at.get(record.key or b"", 0)
        return record.key is not None and record.value == POISON and record.offset >= held


class PickyTask(ToyTask):
    """The toy task, with records that it cannot take."""

    def open(self, tp: TopicPartition) -> PartitionState:
        return PickyState(self.name, tp)


class LargeState(ToyState):
    """Its states have as many more bytes as their entity has seen records, at most 100 times."""

    def dump(self, entity: bytes) -> bytes:
        small = super().dump(entity)
        return small + entity * (self.states[entity][0] % 10) * 10

    def load(self, entity: bytes, state: bytes, valid_at: int) -> None:
        size = LAYOUT.size + 4
        super().load(entity, state[:size], valid_at)
        if state != self.dump(entity):
            raise CorruptState(f"The state of {entity!r} must be whole.")


class LargeTask(ToyTask):
    """The toy task, with states of very different sizes."""

    def open(self, tp: TopicPartition) -> PartitionState:
        return LargeState(self.name, tp)
