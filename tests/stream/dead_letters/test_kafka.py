"""Dead letters on a real Kafka."""

from __future__ import annotations

from contextlib import closing
from uuid import uuid4

import pytest

from stream.codec import Rejected, RejectReason, dead_letter
from stream.dead_letters import Filter, Progress, Replay, dead_letter_topic
from stream.dead_letters import replay as send_back
from stream.errors import FencedError
from stream.records import Record, TopicPartition
from stream.transports import Transport, connect
from stream.transports.protocol import TopicSpec

COUNT = 12


def original(topic: str, at: int) -> Record:
    return Record(topic, at % 2, at, 1_700_000_000_000 + at, b"k", b"%d" % at, (("h", b"x"),))


def fill(log: Transport, topic: str) -> None:
    for name in (topic, f"{topic}.dlq"):
        log.ensure_topic(TopicSpec(name, 2))
    reasons = (RejectReason.INFINITE, RejectReason.TOO_LARGE)
    log.append(
        [
            dead_letter(original(topic, at), Rejected(reasons[at % 2], "No."), "d", f"{topic}.dlq")
            for at in range(COUNT)
        ]
    )


def values(log: Transport, topic: str) -> list[int]:
    records = [r for p in (0, 1) for r in log.read(TopicPartition(topic, p), 0)]
    for record in records:
        at = int(record.value or b"")
        assert record.partition == at % 2
        assert record[3:] == original(topic, at)[3:]
    return sorted(int(record.value or b"") for record in records)


def replay(log: Transport, topic: str, **how: object) -> Progress:
    name, info = dead_letter_topic(log, topic)
    given = Replay(**({"topic": name, "batch_size": 4} | how))  # type: ignore[arg-type]  # by name
    return send_back(log, info, given)


def test_letters_go_back_once(kafka_address: str) -> None:
    topic = f"letters-{uuid4().hex[:8]}"
    with closing(connect(f"kafka://{kafka_address}")) as log:
        fill(log, topic)
        assert replay(log, topic, dry_run=True).sent.total() == COUNT
        assert replay(log, topic, wanted=Filter(reason="infinite")).sent.total() == COUNT // 2
        assert values(log, topic) == list(range(0, COUNT, 2))
        done = replay(log, topic)
        assert (done.sent.total(), done.before) == (COUNT // 2, COUNT // 2)
        assert values(log, topic) == list(range(COUNT))


def test_a_second_replay_takes_over_from_the_first(kafka_address: str) -> None:
    topic = f"letters-{uuid4().hex[:8]}"
    others: list[Progress] = []
    with (
        closing(connect(f"kafka://{kafka_address}")) as log,
        closing(connect(f"kafka://{kafka_address}")) as other,
    ):
        fill(log, topic)

        def begun(_: Progress) -> None:
            if not others:
                others.append(replay(other, topic))

        name, info = dead_letter_topic(log, topic)
        with pytest.raises(FencedError):
            send_back(log, info, Replay(topic=name, batch_size=4), report=begun)
        assert others[0].before == 4
        assert values(log, topic) == list(range(COUNT))
