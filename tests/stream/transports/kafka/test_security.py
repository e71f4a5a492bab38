"""Encryption and identity, against a real broker that insists on them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from time import monotonic
from uuid import uuid4

import pytest

from stream.errors import TransportError
from stream.records import Committed, Outgoing, TopicPartition
from stream.transports import KafkaOptions, TopicSpec, connect
from stream.transports.kafka.options import Client, TlsOptions
from tests.broker.listeners import Listener
from tests.stream.transports.kafka.secured import (
    PASSWORD,
    PLAIN_PASSWORD,
    SecuredBroker,
    by_password,
)

RETRY_FOR = 2.0
SOON = 12.0
"""Seconds within which a refusal must be told."""


@pytest.fixture(scope="module")
def secured(
    can_start_brokers: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SecuredBroker]:
    made = SecuredBroker(tmp_path_factory.mktemp("secured"))
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture(params=["kafka-python", "confluent"])
def client(request: pytest.FixtureRequest) -> Client:
    return request.param


def _round_trip(listener: Listener, options: KafkaOptions) -> None:
    """Every kind of connection: admin, producer, reader, member of a group."""
    topic = f"secured-{uuid4().hex}"
    with closing(connect(f"kafka://{listener.address}", options)) as transport:
        transport.ensure_topic(TopicSpec(topic))
        transport.append([Outgoing(topic, b"k", b"first")])
        with closing(transport.session(topic, [topic], member="m")) as session:
            records, end = [], monotonic() + 30.0
            while not records and monotonic() < end:
                records = session.poll(10, 0.5).records
            assert [record.value for record in records] == [b"first"]
            session.begin()
            session.send(Outgoing(topic, b"k", b"second"))
            session.commit({TopicPartition(topic, 0): Committed(records[-1].offset + 1)})
        values = [record.value for record in transport.read(TopicPartition(topic, 0), 0)]
        assert values == [b"first", b"second"]


def test_scram_over_tls(secured, client):
    sasl = by_password("SCRAM-SHA-512", PASSWORD)
    _round_trip(secured.scram, KafkaOptions(client=client, tls=secured.tls, sasl=sasl))


def test_the_shorter_scram(secured, client):
    sasl = by_password("SCRAM-SHA-256", PASSWORD)
    _round_trip(secured.scram_256, KafkaOptions(client=client, sasl=sasl))


def test_plain_passwords_over_tls(secured, client):
    sasl = by_password("PLAIN", PLAIN_PASSWORD)
    _round_trip(secured.plain, KafkaOptions(client=client, tls=secured.tls, sasl=sasl))


def test_access_tokens(secured, client):
    asked = len(secured.provider.requests)
    _round_trip(secured.token, KafkaOptions(client=client, sasl=secured.by_token()))
    assert len(secured.provider.requests) > asked


@pytest.mark.parametrize("password", [None, "of the key"])
def test_certificates_of_clients(secured, client, password):
    tls = secured.client_tls(secured.authority, password)
    _round_trip(secured.mutual, KafkaOptions(client=client, tls=tls))


def test_a_broker_may_bear_another_name_if_that_is_allowed(secured, client):
    tls = TlsOptions(ca_file=secured.authority.ca_file, check_hostname=False)
    _round_trip(secured.elsewhere, KafkaOptions(client=client, tls=tls))


def _refusal(listener: Listener, options: KafkaOptions) -> str:
    """The one sentence, without its end that quotes a library."""
    began = monotonic()
    with (
        closing(connect(f"kafka://{listener.address}", options)) as transport,
        pytest.raises(TransportError) as refused,
    ):
        transport.ensure_topic(TopicSpec(f"refused-{uuid4().hex}"))
    assert monotonic() - began < SOON
    sentence = str(refused.value)
    assert "\n" not in sentence
    assert PASSWORD not in sentence
    return sentence


@pytest.mark.parametrize(
    ("mechanism", "listener"), [("SCRAM-SHA-512", "scram"), ("PLAIN", "plain")]
)
def test_a_wrong_password_is_told(secured, client, mechanism, listener):
    sasl = by_password(mechanism, "wrong")
    options = KafkaOptions(client=client, tls=secured.tls, sasl=sasl, retry_for=RETRY_FOR)
    said = _refusal(getattr(secured, listener), options)
    assert "must accept the client's identity" in said
    assert "wrong" not in said


def test_refused_tokens_are_told(secured, client):
    secured.provider.status = 401
    try:
        sasl = secured.by_token()
        said = _refusal(secured.token, KafkaOptions(client=client, sasl=sasl, retry_for=RETRY_FOR))
    finally:
        secured.provider.status = 200
    assert "401" in said


def test_an_unknown_authority_is_told(secured, client):
    tls = TlsOptions(ca_file=secured.stranger.ca_file)
    said = _refusal(secured.mutual, KafkaOptions(client=client, tls=tls, retry_for=RETRY_FOR))
    assert "certificate verify failed" in said


def test_a_broker_of_another_name_is_told(secured, client):
    said = _refusal(
        secured.elsewhere, KafkaOptions(client=client, tls=secured.tls, retry_for=RETRY_FOR)
    )
    assert "certificate verify failed" in said


def test_a_missing_client_certificate_is_told(secured, client):
    said = _refusal(
        secured.mutual, KafkaOptions(client=client, tls=secured.tls, retry_for=RETRY_FOR)
    )
    assert "certificate" in said


def test_a_strange_client_certificate_is_told(secured, client):
    tls = secured.client_tls(secured.stranger)
    said = _refusal(secured.mutual, KafkaOptions(client=client, tls=tls, retry_for=RETRY_FOR))
    assert "certificate" in said


def test_a_listener_in_the_clear_is_told(secured, client):
    clear = Listener("SSL", port=secured.broker.port)
    said = _refusal(clear, KafkaOptions(client=client, tls=secured.tls, retry_for=RETRY_FOR))
    assert "TLS" in said or "SSL" in said
