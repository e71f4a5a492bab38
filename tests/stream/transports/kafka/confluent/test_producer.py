from __future__ import annotations

import pytest

from stream.records import Outgoing
from stream.transports.kafka.confluent import producer as module
from tests.stream.transports.harness import Harness


def test_more_than_the_send_buffer_holds_is_written_in_order(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUFFER_MESSAGES", 50)
    topic = harness.topic()
    values = [b"%d" % i for i in range(3000)]
    harness.fill(topic, values, partition=0)
    assert harness.values(topic) == values


def test_a_whole_batch_of_large_records_is_written(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUFFER_KILOBYTES", 1024)
    topic = harness.topic()
    values = [bytes([i]) * 400_000 for i in range(20)]
    harness.fill(topic, values, partition=0)
    assert harness.values(topic) == values


def test_the_first_millisecond_of_the_epoch_is_not_now(harness: Harness) -> None:
    topic = harness.topic()
    harness.transport.append([Outgoing(topic, None, b"x", timestamp=0)])
    [record] = harness.everything(topic)
    assert record.timestamp == 1


@pytest.mark.parametrize("key", [b"", b"a", b"\x00\xff" * 20])
def test_keys_go_where_the_other_library_puts_them(
    harness: Harness, kafka_address: str, key: bytes
) -> None:
    from stream.transports import KafkaOptions, connect

    topic = harness.topic(7)
    other = connect(f"kafka://{kafka_address}", KafkaOptions(client="kafka-python"))
    other.append([Outgoing(topic, key, b"x")])
    other.close()
    harness.transport.append([Outgoing(topic, key, b"y")])
    assert len({record.partition for record in harness.everything(topic)}) == 1
