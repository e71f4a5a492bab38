"""What a connection to Kafka may be told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from models.errors import InvalidParameter

Client = Literal["kafka-python", "confluent"]
Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]

_PASSWORD_FIELDS = ("username", "password")
_TOKEN_FIELDS = ("token_url", "client_id", "client_secret")
_SECRETS = ("key_password", "password", "client_secret")


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsOptions:
    """How the connection is encrypted, and by which certificate the client names itself.

    ca_file: PEM file of the authorities that the brokers' certificates must come from; None takes
        those of the system.
    cert_file, key_file: PEM files of the client's own certificate (mTLS) and its private key; one
        file may hold both.
    key_password: what the private key is encrypted with.
    check_hostname: whether a broker's certificate must be for the address that was connected to.

    Raises InvalidParameter.
    """

    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    key_password: str | None = field(default=None, repr=False)
    check_hostname: bool = True

    def __post_init__(self) -> None:
        _require(self, "TLS", ["cert_file"] if self.key_file else [], "set when key_file is")
        _require(self, "TLS", ["key_file"] if self.cert_file else [], "set when cert_file is")
        if self.key_file is None:
            _forbid(self, "TLS", ["key_password"], "absent without key_file")


@dataclass(frozen=True, slots=True, kw_only=True)
class SaslOptions:
    """Who the client says it is.

    username, password: for PLAIN and SCRAM.
    token_url, client_id, client_secret, scope: for OAUTHBEARER, where tokens come from an OpenID
        Connect provider by the client-credentials grant.
    token_ca_file: PEM file of the authorities that the provider's certificate must come from; None
        takes those of the system.

    Raises InvalidParameter.
    """

    mechanism: Mechanism
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    token_url: str | None = None
    token_ca_file: str | None = None
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    scope: str | None = None

    def __post_init__(self) -> None:
        by_token = self.mechanism == "OAUTHBEARER"
        needed, unused = (
            (_TOKEN_FIELDS, _PASSWORD_FIELDS)
            if by_token
            else (_PASSWORD_FIELDS, (*_TOKEN_FIELDS, "token_ca_file", "scope"))
        )
        _require(self, "SASL", needed, f"set for {self.mechanism}")
        _forbid(self, "SASL", unused, f"absent for {self.mechanism}")
        if by_token and not _is_web_address(self.token_url):
            raise InvalidParameter("token_url", "SASL", "an http or https URL", self.token_url)


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
    retry_for: float = 15.0
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


def _require(owner: object, name: str, fields: Iterable[str], rule: str) -> None:
    for missing in fields:
        if not getattr(owner, missing):
            raise InvalidParameter(missing, name, rule, None)


def _forbid(owner: object, name: str, fields: Iterable[str], rule: str) -> None:
    for surplus in fields:
        value = getattr(owner, surplus)
        if value is not None:
            shown = "a hidden value" if surplus in _SECRETS else value
            raise InvalidParameter(surplus, name, rule, shown)


def _is_web_address(url: str | None) -> bool:
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
