"""The fixtures of tests that need a real Kafka.

CUTSTREAM_TEST_KAFKA=host:port takes a broker that runs already; else one is started, where Java and
Maven are there; else the tests are skipped, or fail under CUTSTREAM_REQUIRE_KAFKA=1.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import pytest

from tests.broker.broker import Broker, started
from tests.broker.cluster import Cluster
from tests.broker.installation import can_run_kafka

NEED_ANY = "needs a Kafka broker: set CUTSTREAM_TEST_KAFKA=host:port, or install Java 17+ and Maven"
NEED_OWN = "needs a Kafka broker of its own: install Java 17+ and Maven"


class Wish(NamedTuple):
    """What the person who runs the tests has said."""

    address: str | None
    """A broker that runs already."""
    required: bool
    """Whether a missing broker is a failure."""


def wish(environment: Mapping[str, str]) -> Wish:
    """Read it from the environment; empty variables count as unset."""
    return Wish(
        environment.get("CUTSTREAM_TEST_KAFKA") or None,
        environment.get("CUTSTREAM_REQUIRE_KAFKA", "") not in ("", "0"),
    )


# Read before any test clears the environment.
WISH = wish(os.environ)


@pytest.fixture(scope="session")
def kafka_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """host:port of a broker that all tests share: never stop it, and use names of your own."""
    if WISH.address:
        yield WISH.address
        return
    if not can_run_kafka():
        go_without(NEED_ANY, WISH)
    with started(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker.address


@pytest.fixture(scope="session")
def can_start_brokers() -> None:
    """Skip tests that start brokers where none can be started."""
    if not can_run_kafka():
        go_without(NEED_OWN, WISH)


@pytest.fixture
def new_broker(can_start_brokers: None, tmp_path: Path) -> Iterator[Callable[..., Broker]]:
    """Makes brokers for one test, with the keywords of Broker, and stops them after it."""
    with ExitStack() as stack:

        def make(**options: Any) -> Broker:
            broker = Broker(tmp_path / f"broker-{next(numbers)}", **options)
            stack.callback(broker.kill)
            return broker

        numbers = count(1)
        yield make


@pytest.fixture
def new_cluster(can_start_brokers: None, tmp_path: Path) -> Iterator[Callable[..., Cluster]]:
    """Makes clusters for one test, with the keywords of Cluster, and kills them after it."""
    with ExitStack() as stack:

        def make(**options: Any) -> Cluster:
            cluster = Cluster(tmp_path / f"cluster-{next(numbers)}", **options)
            stack.callback(cluster.kill)
            return cluster

        numbers = count(1)
        yield make


def go_without(reason: str, said: Wish) -> NoReturn:
    """End the test, by a skip if nothing else was asked for."""
    if said.required:
        pytest.fail(f"{reason} (CUTSTREAM_REQUIRE_KAFKA is set)", pytrace=False)
    pytest.skip(reason)
