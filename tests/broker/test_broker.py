"""A broker starts, answers, stops, and keeps what it was told."""

from __future__ import annotations

from confluent_kafka.admin import AdminClient, NewTopic


def _create(address, topic):
    admin = AdminClient({"bootstrap.servers": address})
    admin.create_topics([NewTopic(topic, 2, 1)])[topic].result(10.0)


def test_the_shared_broker_answers(kafka_address):
    assert AdminClient({"bootstrap.servers": kafka_address}).list_topics(timeout=10.0).brokers


def test_a_restart_keeps_address_and_data(new_broker):
    broker = new_broker()
    broker.start()
    address = broker.address
    _create(address, "kept")
    broker.restart()
    assert broker.address == address
    assert "kept" in broker.metadata().topics
    broker.kill()
    assert not broker.running
    assert broker.metadata() is None
    broker.start()
    assert "kept" in broker.metadata().topics
