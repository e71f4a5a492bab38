from __future__ import annotations

import pytest

from models.errors import InvalidParameter
from stream.transports.kafka.address import bootstrap_servers


@pytest.mark.parametrize(
    ("url", "servers"),
    [
        ("kafka://localhost", ["localhost:9092"]),
        ("kafka://localhost:1", ["localhost:1"]),
        ("kafka://a:9092,b-1.example,c_2:65535", ["a:9092", "b-1.example:9092", "c_2:65535"]),
        ("kafka://10.0.0.1:9093/", ["10.0.0.1:9093"]),
        ("kafka://[::1],[fe80::2]:9093", ["[::1]:9092", "[fe80::2]:9093"]),
    ],
)
def test_every_broker_is_found(url: str, servers: list[str]) -> None:
    assert bootstrap_servers(url) == servers


@pytest.mark.parametrize(
    "url",
    [
        "kafka://",
        "kafka:///",
        "kafka:localhost",
        "localhost:9092",
        "http://localhost:9092",
        "kafka://a:0",
        "kafka://a:65536",
        "kafka://a:port",
        "kafka://a:",
        "kafka://a,,b",
        "kafka://a,",
        "kafka://a, b",
        "kafka://a/topic",
        "kafka://a?acks=1",
        "kafka://::1",
    ],
)
def test_what_names_no_broker_is_refused(url: str) -> None:
    with pytest.raises(InvalidParameter, match=r"'url' of the transport must be kafka://host\[:po"):
        bootstrap_servers(url)


def test_a_password_in_the_url_is_refused_and_not_shown() -> None:
    with pytest.raises(InvalidParameter) as caught:
        bootstrap_servers("kafka://me:hunter2@host:9092")
    assert "hunter2" not in str(caught.value)
