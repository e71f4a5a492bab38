"""A broker starts, answers, stops, and keeps what it was told."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from tests.broker.installation import BrokerFault
from tests.broker.ports import free_port, is_free
from tests.conftest import wait_until


def _create(address: str, topic: str, copies: int = 1) -> None:
    admin = AdminClient({"bootstrap.servers": address})
    admin.create_topics([NewTopic(topic, 2, copies)])[topic].result(10.0)


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
    broker.stop()
    assert not broker.running


def test_a_broker_that_cannot_start_says_why(new_broker):
    broker = new_broker(settings={"log.retention.check.interval.ms": "never"})
    with pytest.raises(BrokerFault, match=r"log\.retention\.check\.interval\.ms"):
        broker.start()
    assert not broker.running


def test_three_brokers_survive_the_death_of_a_leader(new_cluster):
    cluster = new_cluster()
    cluster.start()
    _create(cluster.address, "copied", 3)
    first = cluster.leader("copied", 0)
    first.kill()
    assert cluster.leader("copied", 0).node != first.node
    first.start()
    wait_until(lambda: cluster.in_sync("copied", 0) == 3)


@pytest.mark.usefixtures("can_start_brokers")
def test_the_command_serves_until_it_is_told_to_stop(tmp_path):
    port = free_port()
    command = [sys.executable, "-m", "tests.broker", "--port", str(port), "--data", str(tmp_path)]
    for topic in ("first", "second"):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as served:
            assert "Starting Kafka" in served.stdout.readline()
            assert f"kafka://127.0.0.1:{port} is ready" in served.stdout.readline()
            _create(f"127.0.0.1:{port}", topic)
            served.send_signal(signal.SIGINT)
            assert served.wait(30.0) == 0
    assert is_free(port)
    assert list(tmp_path.glob("data/first-0"))
    assert list(tmp_path.glob("data/second-0"))


@pytest.mark.usefixtures("can_start_brokers")
def test_the_command_refuses_a_port_in_use(kafka_address):
    port = kafka_address.rpartition(":")[2]
    command = [sys.executable, "-m", "tests.broker", "--port", port]
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert refused.stderr == f"--port must be free, but {port} is in use.\n"
