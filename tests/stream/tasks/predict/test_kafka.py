"""A partition's own state belongs to no entity; a real Kafka keeps it like any other."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from stream.records import Outgoing, TopicPartition
from stream.settings import loads
from stream.tasks.predict import PredictTask
from stream.transports import KafkaOptions, Transport, connect
from tests.stream.runtime.harness import Run
from tests.stream.tasks.predict.harness import event, label, promotion

CONFIG = """
predictors:
  {topic}:
    input: {{topic: {topic}, label: bad, timestamp: t, key: site, id: id}}
    metrics: {{every: 10}}
    models: {{plain: LogisticRegression, bayes: GaussianNB}}
"""


@pytest.fixture(params=["kafka-python", "confluent"])
def log(kafka_address: str, request: pytest.FixtureRequest) -> Iterator[Transport]:
    options = KafkaOptions(client=request.param, retry_for=5.0)
    transport = connect(f"kafka://{kafka_address}", options)
    yield transport
    transport.close()


def test_a_partition_is_restored_with_its_promotions(log: Transport) -> None:
    topic = f"pages-{uuid4().hex[:8]}"
    made = PredictTask(loads(CONFIG.format(topic=topic)), topic)
    for spec in made.topics:
        log.ensure_topic(spec)
    records = [event(0, 0), label(1, 0, True), promotion(2, "bayes", predictor=topic)]
    records += [event(3 + at, at + 1, size=float(at % 3)) for at in range(40)]
    log.append([Outgoing(topic, r.key, r.value, r.headers, r.timestamp, 0) for r in records])
    Run(made, log, patience=20, poll_timeout=0.2)()
    more = [event(43, 99), label(44, 1, False)]
    log.append([Outgoing(topic, r.key, r.value, r.headers, r.timestamp, 0) for r in more])
    second = Run(made, log, patience=20, poll_timeout=0.2)()
    assert second.metric("cutstream_replay_mismatch_total") == 0
    assert second.metric("cutstream_replayed_records_total") == 0
    assert second.metric("cutstream_labels_total", outcome="matched") == 1
    predictions = list(log.read(TopicPartition(f"{topic}.predictions", 0), 0))
    assert len(predictions) == 42
    assert [b'"model":"bayes"' in (one.value or b"") for one in predictions] == [
        False,
        *[True] * 41,
    ]
