"""The library where nobody answers, and where it is not installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from time import monotonic

import pytest

from models.errors import InvalidParameter
from stream.errors import TransportUnavailable
from stream.records import Outgoing
from stream.transports import KafkaOptions, Transport, connect
from stream.transports.kafka.client import Unavailable
from stream.transports.kafka.connecting import open_client

NOBODY = "127.0.0.1:1"
PACKAGE = "stream.transports.kafka.confluent"


@pytest.fixture
def nobody() -> Iterator[Transport]:
    transport = connect(f"kafka://{NOBODY}", KafkaOptions(client="confluent", retry_for=0.2))
    yield transport
    transport.close()


def test_a_missing_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith(PACKAGE)]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)
    with pytest.raises(InvalidParameter, match=r"extra 'fast' is installed.*got 'confluent'"):
        connect(f"kafka://{NOBODY}", KafkaOptions(client="confluent"))


def test_brokers_that_are_away_are_told_with_the_reason(
    nobody: Transport, capfd: pytest.CaptureFixture[str]
) -> None:
    began = monotonic()
    with pytest.raises(TransportUnavailable, match=r"kafka://127.0.0.1:1 .*ECONNREFUSED"):
        list(nobody.topics())
    with pytest.raises(TransportUnavailable):
        nobody.append([Outgoing("t", None, b"x")])
    assert monotonic() - began < 30.0
    assert "rdkafka#" not in capfd.readouterr().err


def test_a_producer_gives_up_in_time() -> None:
    producer = open_client([NOBODY], KafkaOptions(client="confluent")).producer("any")
    began = monotonic()
    with pytest.raises(Unavailable):
        producer.init(0.2)
    producer.close()
    assert monotonic() - began < 10.0
