"""Dead letters for tests."""

from __future__ import annotations

from stream.codec import Rejected, RejectReason, dead_letter
from stream.records import Outgoing, Record, TopicPartition
from stream.transports.protocol import TopicSpec, Transport

REASONS = (RejectReason.NOT_A_NUMBER, RejectReason.UNDECODABLE)


def declare(log: Transport) -> None:
    for name in ("readings", "readings.dlq", "other"):
        log.ensure_topic(TopicSpec(name, 2))


def original(at: int) -> Record:
    """A record that was refused: odd ones have no key, every third no value, every fifth no header."""
    return Record(
        "readings",
        at % 2,
        100 + at,
        1_000 * at,
        None if at % 2 else b"k\xff%d" % at,
        None if at % 3 == 0 else b'{"n": %d}' % at,
        () if at % 5 == 0 else (("ce_id", b"%d" % at), ("a", b"")),
    )


def letter(at: int, topic: str = "readings.dlq") -> Outgoing:
    """Its dead letter: odd ones are undecodable, even ones no number."""
    rejected = Rejected(REASONS[at % 2], f"It is number {at}.")
    return dead_letter(original(at), rejected, "pumps", topic)


def fill(log: Transport, count: int, first: int = 0) -> None:
    log.append([letter(at) for at in range(first, first + count)])


def contents(log: Transport, topic: str) -> list[Record]:
    """Everything on a topic, by partition."""
    return [r for p in range(2) for r in log.read(TopicPartition(topic, p), 0)]


def sent_back(log: Transport, topic: str = "readings") -> list[tuple[object, ...]]:
    """What was sent back, without its offsets, in the order of the originals' times."""
    return sorted(
        ((r.partition, *r[3:]) for r in contents(log, topic)), key=lambda record: str(record[1:])
    )


def expected(*numbers: int) -> list[tuple[object, ...]]:
    """The originals, as `sent_back` gives them."""
    found = [((r := original(at)).partition, *r[3:]) for at in numbers]
    return sorted(found, key=lambda record: str(record[1:]))
