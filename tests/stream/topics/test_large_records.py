"""A record as large as its topic takes is scored, or refused, and never stops the work."""

from __future__ import annotations

import json
from contextlib import closing
from uuid import uuid4

from kafka import KafkaProducer

from stream.records import TopicPartition
from stream.settings import loads
from stream.tasks.detect import DetectTask
from stream.tasks.rekey import rekey_task
from stream.topics.start import prepare
from tests.stream.runtime.harness import Run
from tests.stream.tasks.fakes import CountingBank

LARGEST = 1_048_588 - 100
"""Of a record's value, where the brokers have Kafka's default limit and nothing else is in it."""


def padded(document: dict[str, object]) -> bytes:
    value = json.dumps({**document, "pad": ""}).encode()
    return value[:-2] + b"x" * (LARGEST - len(value)) + value[-2:]


def test_on_kafka(kafka_address: str) -> None:
    name = f"large-{uuid4().hex[:8]}"
    settings = loads(
        f"""
        broker: kafka://{kafka_address}
        detectors:
          {name}: {{input: {{topic: {name}, partitions: 2, key: k, features: [x]}}}}
        """
    )
    values = [padded({"k": "a", "x": 1}), padded({"k": "a", "x": "bad"}), padded({"x": 1})]
    with closing(settings.log.open()) as log:
        prepare(settings, log)
        with closing(
            KafkaProducer(bootstrap_servers=kafka_address, max_request_size=2 * LARGEST)
        ) as producer:
            for value in values:
                producer.send(name, value, partition=0).get(30)
        for task in (rekey_task(settings, name), DetectTask(settings, name, CountingBank)):
            Run(task, log, poll_timeout=0.5)()
        ends = {
            topic: sum(len(list(log.read(TopicPartition(topic, p), 0))) for p in (0, 1))
            for topic in (f"{name}.scores", f"{name}.dlq")
        }
    assert ends == {f"{name}.scores": 1, f"{name}.dlq": 2}
