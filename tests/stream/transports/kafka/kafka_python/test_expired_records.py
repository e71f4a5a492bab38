"""Records that could not be delivered in time are not left out of a commit."""

from __future__ import annotations

import pytest

from stream.records import Outgoing
from stream.transports import KafkaOptions
from stream.transports.kafka.client import Unavailable
from stream.transports.kafka.kafka_python.client import KafkaPythonClient
from tests.stream.transports.harness import Harness, unique

SECONDS = 10.0


def test_a_transaction_of_which_records_expired_is_not_committed(
    harness: Harness, kafka_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = harness.topic()
    producer = KafkaPythonClient([kafka_address], KafkaOptions()).producer(unique("writer"))

    def produce(value: bytes) -> None:
        producer.produce([Outgoing(topic, None, value)], {topic: 1})

    producer.init(SECONDS)
    producer.begin()
    produce(b"delivered")
    producer._producer.flush()
    accumulator = producer._producer._accumulator
    with monkeypatch.context() as patched:
        # The partition has no leader for as long as a record may wait for one.
        patched.setattr(accumulator, "ready", lambda *_, **__: (set(), 0.01, set()))
        patched.setitem(accumulator.config, "delivery_timeout_ms", 0)
        produce(b"expired")
        with pytest.raises(Unavailable, match="Expiring 1 record"):
            producer.commit(SECONDS)
    producer.abort(SECONDS)
    producer.begin()
    produce(b"again")
    producer.commit(SECONDS)
    producer.close()
    assert harness.values(topic) == [b"again"]
