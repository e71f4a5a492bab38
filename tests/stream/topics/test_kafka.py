"""Topics of a real Kafka: what is created, what is told, what is left alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from uuid import uuid4

import pytest
from kafka import KafkaAdminClient

from stream.settings import Settings, loads
from stream.topics.plan import Action, apply, mismatches, pending, plan
from stream.topics.start import prepare
from stream.transports.protocol import Transport

DAY = 86_400_000


@pytest.fixture
def settings(kafka_address: str) -> Settings:
    name = f"t{uuid4().hex[:8]}"
    return loads(
        f"""
        broker: kafka://{kafka_address}
        kafka: {{replication_factor: 1}}
        detectors:
          {name}:
            input: {{topic: {name}, partitions: 2, key: k, features: [x]}}
            output: {{retention: 2d}}
        """
    )


@pytest.fixture
def log(settings: Settings) -> Iterator[Transport]:
    with closing(settings.log.open()) as transport:
        yield transport


def create(settings: Settings, topic: str, **configs: str) -> None:
    """Make a topic as somebody else would, with the configuration keys' dots as underscores."""
    named = {key.replace("_", "."): value for key, value in configs.items()}
    with closing(KafkaAdminClient(bootstrap_servers=settings.broker[8:])) as admin:
        wanted = {"num_partitions": 2, "replication_factor": 1, "configs": named}
        admin.create_topics({topic: wanted})
        admin.wait_for_topics([topic])


def test_what_is_applied_is_as_declared(settings: Settings, log: Transport) -> None:
    assert {step.action for step in plan(settings, log.topics())} == {Action.CREATE}
    apply(plan(settings, log.topics()), log)
    steps = plan(settings, log.topics())
    assert [(step.action, step.reasons, step.warnings) for step in steps] == [
        (Action.OK, (), ())
    ] * 6


def test_a_topic_of_others_is_judged_and_left_alone(settings: Settings, log: Transport) -> None:
    (name,) = settings.detectors
    create(settings, name, retention_ms=str(7 * DAY))
    create(settings, f"{name}.scores", retention_ms="600000")
    create(settings, f"cutstream.{name}.snapshots", cleanup_policy="compact", retention_ms="5000")
    prepare(settings, log)
    topics = log.topics()
    assert topics[name].spec.retention_ms == 7 * DAY
    assert topics[f"{name}.scores"].spec.retention_ms == 600_000
    (step,) = pending(plan(settings, log.topics()))
    assert step.reasons == (f"The topic '{name}.scores' must keep records for 2d, got for 10m.",)
    apply([step], log)
    assert pending(plan(settings, log.topics())) == []


def test_every_mismatch_is_told(settings: Settings, log: Transport) -> None:
    (name,) = settings.detectors
    create(settings, name, cleanup_policy="compact")
    create(settings, f"{name}.scores", max_message_bytes="1000")
    create(settings, f"{name}.dlq", max_message_bytes="100000")
    snapshots = f"cutstream.{name}.snapshots"
    create(settings, snapshots, cleanup_policy="compact,delete", retention_ms="3600000")
    told = mismatches(plan(settings, log.topics()))
    assert [sentence.partition(", got ")[2] for sentence in told] == [
        "compact.",
        "1,000.",
        "100,000.",
        "one that keeps records for 1h.",
    ]
    assert all(f"'{name}" in s or snapshots in s for s in told)
