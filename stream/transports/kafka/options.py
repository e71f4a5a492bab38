"""What a connection to Kafka may be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from models.errors import InvalidParameter

Client = Literal["kafka-python", "confluent"]
Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsOptions:
    """How the connection is encrypted, and by which certificate the client names itself.

    ca_file: PEM file of the authorities that the brokers' certificates must come from; None takes
        those of the system.
    cert_file, key_file: PEM files of the client's own certificate (mTLS) and its private key.
    key_password: what the private key is encrypted with.
    check_hostname: whether a broker's certificate must be for the address that was connected to.
    """

    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    key_password: str | None = None
    check_hostname: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SaslOptions:
    """Who the client says it is.

    username, password: for PLAIN and SCRAM.
    token_url, client_id, client_secret, scope: for OAUTHBEARER, where tokens come from an OpenID
        Connect provider by the client-credentials grant.
    """

    mechanism: Mechanism
    username: str | None = None
    password: str | None = None
    token_url: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    scope: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaOptions:
    """The parameters of a Kafka transport.

    client: the library that talks to the brokers.
    replication_factor: copies of each partition of a topic that is created; None takes the
        cluster's default.
    transaction_timeout: seconds after which the brokers abort a transaction that was left open, > 0.
    retry_for: seconds for which an operation is repeated while the brokers are away, >= 0.
    tls: None for a connection in the clear.
    sasl: None for no authentication by SASL.

    Raises InvalidParameter.
    """

    client: Client = "kafka-python"
    replication_factor: int | None = None
    transaction_timeout: float = 10.0
    retry_for: float = 60.0
    tls: TlsOptions | None = None
    sasl: SaslOptions | None = None

    def __post_init__(self) -> None:
        replication = self.replication_factor
        rules: list[tuple[str, bool, str]] = [
            ("replication_factor", replication is None or replication >= 1, "at least 1, or None"),
            ("transaction_timeout", self.transaction_timeout > 0.0, "above 0 seconds"),
            ("retry_for", self.retry_for >= 0.0, "at least 0 seconds"),
        ]
        for name, holds, rule in rules:
            if not holds:
                raise InvalidParameter(name, "the Kafka transport", rule, getattr(self, name))
