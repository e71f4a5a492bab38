"""Offsets that the brokers refused do not come back."""

from __future__ import annotations

from contextlib import closing
from uuid import uuid4

import pytest

from stream.errors import FencedError
from stream.records import Committed, TopicPartition
from stream.transports import KafkaOptions
from stream.transports.kafka.kafka_python import KafkaPythonClient
from tests.conftest import wait_until


def test_refused_offsets_do_not_commit_with_the_next_transaction(kafka_address):
    topic = f"refused-{uuid4().hex}"
    client = KafkaPythonClient([kafka_address], KafkaOptions())
    with (
        closing(client.admin()) as admin,
        closing(client.producer(f"{topic}.m")) as producer,
    ):
        admin.create(topic, 2, 1, {})
        with closing(client.consumer(topic, [topic], "m", 6.0)) as consumer:
            wait_until(lambda: consumer.poll(1, 0.1) == [] and consumer.membership is not None)
            current = consumer.membership
            producer.init(10.0)
            consumer.membership = current._replace(generation_id=current.generation_id + 7)
            producer.begin()
            with pytest.raises(FencedError):
                producer.send_offsets({TopicPartition(topic, 0): Committed(7)}, consumer, 10.0)
            producer.abort(10.0)
            consumer.membership = current
            producer.begin()
            producer.send_offsets({TopicPartition(topic, 1): Committed(5)}, consumer, 10.0)
            producer.commit(10.0)
            # The brokers leave out a first position until the transaction's markers are written.
            wait_until(lambda: admin.committed(topic) != {})
            assert admin.committed(topic) == {TopicPartition(topic, 1): Committed(5)}
