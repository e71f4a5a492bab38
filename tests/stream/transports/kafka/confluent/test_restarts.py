"""The only broker is killed and comes back under a process that never stops asking it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from stream.transports import Transport, connect
from stream.transports.kafka.options import KafkaOptions
from tests.broker.broker import Broker
from tests.conftest import wait_until
from tests.stream.transports.harness import Harness
from tests.stream.transports.kafka.confluent import asking

RESTARTS = 2


@pytest.fixture
def broker(new_broker: Callable[..., Broker]) -> Broker:
    started = new_broker()
    started.start()
    return started


@pytest.fixture
def transport_factory(broker: Broker, options: KafkaOptions) -> Callable[[], Transport]:
    return lambda: connect(f"kafka://{broker.address}", options)


def test_no_restart_of_a_broker_ends_the_process(harness: Harness, broker: Broker) -> None:
    source, target = harness.topic(), harness.topic()
    harness.fill(source, [b"first"])
    command = [sys.executable, "-m", asking.__name__, broker.address, harness.group, source, target]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n"
            for count in range(2, 2 + RESTARTS):
                broker.kill()
                broker.start()
                harness.fill(source, [b"more"])
                wait_until(lambda: len(harness.values(target)) == count)  # noqa: B023 - called at once
                assert process.poll() is None
            process.stdin.write("\n")
            process.stdin.flush()
            assert process.wait(30.0) == 0
        finally:
            process.kill()
