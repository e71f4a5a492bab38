"""What both client libraries are told of encryption and identity."""

from __future__ import annotations

from typing import Any

from stream.transports.kafka.certificates import NO_PASSWORD, checked_context
from stream.transports.kafka.options import KafkaOptions, SaslOptions, TlsOptions
from stream.transports.kafka.tokens import TokenProvider

Parameters = dict[str, Any]
"""Settings of a client library, by its own names."""


def protocol(options: KafkaOptions) -> str:
    """Kafka's name of the security protocol: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL."""
    encrypted = "SSL" if options.tls is not None else "PLAINTEXT"
    return encrypted if options.sasl is None else f"SASL_{encrypted}"


def kafka_python_security(options: KafkaOptions) -> Parameters:
    """Keyword arguments for the consumers, producers and admin clients of kafka-python.

    Clients that get the same arguments share one cache of tokens. Raises InvalidParameter for a
    file of `options.tls` that cannot be used.
    """
    parameters: Parameters = {"security_protocol": protocol(options)}
    if options.tls is not None:
        parameters |= _kafka_python_tls(options.tls)
    if options.sasl is not None:
        parameters |= _kafka_python_sasl(options.sasl)
    return parameters


def librdkafka_security(options: KafkaOptions) -> Parameters:
    """Configuration for the clients of confluent-kafka.

    Raises InvalidParameter for a file of `options.tls` that cannot be used.
    """
    parameters: Parameters = {"security.protocol": protocol(options)}
    if options.tls is not None:
        # librdkafka tells of a file that it cannot use by OpenSSL's error codes alone.
        checked_context(options.tls)
        parameters |= _librdkafka_tls(options.tls)
    if options.sasl is not None:
        parameters |= _librdkafka_sasl(options.sasl)
    return parameters


def _kafka_python_tls(tls: TlsOptions) -> Parameters:
    # It reads the files for every connection, so renewed certificates need no restart; a file that
    # it cannot use would show only as brokers that never answer.
    checked_context(tls)
    return {
        "ssl_cafile": tls.ca_file,
        "ssl_certfile": tls.cert_file,
        "ssl_keyfile": tls.key_file,
        "ssl_password": tls.key_password or NO_PASSWORD,
        "ssl_check_hostname": tls.check_hostname,
    }


def _kafka_python_sasl(sasl: SaslOptions) -> Parameters:
    if sasl.mechanism == "OAUTHBEARER":
        provider = TokenProvider(sasl)
        return {"sasl_mechanism": sasl.mechanism, "sasl_oauth_token_provider": provider}
    return {
        "sasl_mechanism": sasl.mechanism,
        "sasl_plain_username": sasl.username,
        "sasl_plain_password": sasl.password,
    }


def _librdkafka_tls(tls: TlsOptions) -> Parameters:
    return _without_none(
        {
            "ssl.ca.location": tls.ca_file,
            "ssl.certificate.location": tls.cert_file,
            "ssl.key.location": tls.key_file,
            "ssl.key.password": tls.key_password,
            "ssl.endpoint.identification.algorithm": "https" if tls.check_hostname else "none",
        }
    )


def _librdkafka_sasl(sasl: SaslOptions) -> Parameters:
    if sasl.mechanism == "OAUTHBEARER":
        # Its own way to a provider follows redirections with the secret, and quotes tokens in errors.
        return {"sasl.mechanism": sasl.mechanism, "oauth_cb": TokenProvider(sasl).token_and_end}
    return {
        "sasl.mechanism": sasl.mechanism,
        "sasl.username": sasl.username,
        "sasl.password": sasl.password,
    }


def _without_none(parameters: Parameters) -> Parameters:
    return {name: value for name, value in parameters.items() if value is not None}
