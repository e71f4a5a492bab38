"""Sending dead letters back: each once, however often it is asked for, and whatever is killed meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import islice
from threading import Event
from time import monotonic

import msgspec

from stream.codec.dead_letters import original_headers
from stream.dead_letters.letters import EVERYTHING, Filter, Letter, oldest_letters
from stream.errors import TransportUnavailable
from stream.records import Committed, Outgoing, TopicPartition
from stream.transports.protocol import Session, TopicInfo, TopicSpec, Transport

MEMBER = "replay"
"""One name for all: a second replay of the same topic fences the first, so nothing is sent twice."""
JOIN_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What is to be sent back.

    topic: the dead-letter topic.
    to: where to; None: to the topic and partition that each came from.
    wanted: which letters.
    again: those too that were sent back before.
    limit: how many at most; None for all.
    dry_run: only count.
    batch_size: how many in one transaction.
    """

    topic: str
    to: str | None = None
    wanted: Filter = EVERYTHING
    again: bool = False
    limit: int | None = None
    dry_run: bool = False
    batch_size: int = 500


@dataclass(slots=True)
class Progress:
    """How far a replay has come."""

    total: int
    """Offsets that are to be looked at."""
    seen: int = 0
    other: int = 0
    """Letters that are not meant."""
    before: int = 0
    """Letters that were sent back by an earlier replay."""
    sent: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Letters sent back, by target topic and reason."""


def marks_topic(topic: str) -> str:
    """The topic that remembers which letters of `topic` were sent back."""
    return f"{topic}.replayed"


def replay(
    log: Transport,
    info: TopicInfo,
    how: Replay,
    *,
    report: Callable[[Progress], None] = lambda _: None,
    stop: Event | None = None,
) -> Progress:
    """Send dead letters back as they were before they were refused, until the end as of `info`.

    Key, value, headers and timestamp are those of the original record. What is sent and the memory
    of it are committed together, `batch_size` letters at a time. `report` hears after each
    transaction. Raises TransportError; FencedError when another replay of the topic has begun.
    """
    stop = Event() if stop is None else stop
    done = Progress(sum(end - first for first, end in info.bounds))
    if how.dry_run:
        for chunk in _chunks(_chosen(log, info, how, done), how):
            _count(done, how, chunk)
            report(done)
        return done
    log.ensure_topic(TopicSpec(marks_topic(how.topic), info.spec.partitions, compact=True))
    session = log.session(f"cutstream.dlq.{how.topic}", [how.topic], member=MEMBER)
    try:
        _join(session, how.topic, info)
        # The memory is read as a member: whoever wrote to it before can do so no more.
        for chunk in _chunks(_chosen(log, info, how, done), how):
            if stop.is_set():
                break
            _send(session, how, chunk)
            _count(done, how, chunk)
            report(done)
            session.heartbeat()
    finally:
        session.close()
    return done


def _join(session: Session, topic: str, info: TopicInfo) -> None:
    everything = {TopicPartition(topic, p) for p in range(info.spec.partitions)}
    end = monotonic() + JOIN_SECONDS
    while session.assignment() != everything:
        if monotonic() > end:
            raise TransportUnavailable(
                f"The replay must have every partition of '{topic}' within {JOIN_SECONDS:g} s, got "
                f"{len(session.assignment())} of {len(everything)}."
            )
        session.poll(1, 0.5)


def _chosen(log: Transport, info: TopicInfo, how: Replay, done: Progress) -> Iterator[Letter]:
    sent = set() if how.again else _marks(log, how.topic)
    for letter in oldest_letters(log, how.topic, info):
        done.seen += 1
        if not how.wanted.takes(letter):
            done.other += 1
        elif sent and (letter.record[1:3], _fingerprint(letter)) in sent:
            done.before += 1
        else:
            yield letter


def _chunks(letters: Iterator[Letter], how: Replay) -> Iterator[list[Letter]]:
    letters = islice(letters, how.limit)
    while chunk := list(islice(letters, how.batch_size)):
        yield chunk


def _send(session: Session, how: Replay, chunk: Sequence[Letter]) -> None:
    session.begin()
    try:
        for letter in chunk:
            session.send(_sent_back(letter, how.to))
            session.send(_mark(letter))
        session.commit(
            {
                TopicPartition(*letter.record[:2]): Committed(letter.record.offset + 1)
                for letter in chunk
            }
        )
    except BaseException:
        session.abort()
        raise


def _sent_back(letter: Letter, to: str | None) -> Outgoing:
    record = letter.record
    return Outgoing(
        letter.topic if to is None else to,
        record.key,
        record.value,
        original_headers(record.headers),
        record.timestamp,
        letter.partition if to is None else None,
    )


def _count(done: Progress, how: Replay, chunk: Sequence[Letter]) -> None:
    done.sent.update((how.to or letter.topic, letter.reason) for letter in chunk)


def _mark(letter: Letter) -> Outgoing:
    _, partition, offset = letter.record[:3]
    topic = marks_topic(letter.record.topic)
    return Outgoing(topic, b"%d" % offset, _fingerprint(letter), partition=partition)


def _marks(log: Transport, topic: str) -> set[tuple[tuple[int, int], bytes]]:
    """The letters that were sent back: partition and offset, and what stood there."""
    marks = marks_topic(topic)
    info = log.topics().get(marks)
    partitions = 0 if info is None else info.spec.partitions
    return {
        ((partition, int(record.key)), record.value)
        for partition in range(partitions)
        for record in log.read(TopicPartition(marks, partition), 0)
        if record.key is not None and record.value is not None
    }


def _fingerprint(letter: Letter) -> bytes:
    """Eight bytes of the letter's content: a topic that was made anew has other letters there."""
    return blake2b(msgspec.msgpack.encode(letter.record[3:]), digest_size=8).digest()
