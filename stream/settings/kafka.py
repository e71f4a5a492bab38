"""The settings of a connection to Kafka."""

from __future__ import annotations

from typing import Any, Self, TypeVar

from pydantic import Field, SecretStr, model_validator

from models.errors import InvalidParameter
from stream.settings.fields import Integer, Number
from stream.settings.section import Section, refusal
from stream.transports.kafka.options import (
    Client,
    KafkaOptions,
    Mechanism,
    SaslOptions,
    TlsOptions,
)

_DEFAULT = KafkaOptions()
_Options = TypeVar("_Options", TlsOptions, SaslOptions)


class TlsSettings(Section):
    """Encryption, and the client's own certificate."""

    ca_file: str | None = Field(
        default=None,
        description=(
            "PEM file of the authorities of the brokers' certificates; null takes the system's."
        ),
    )
    cert_file: str | None = Field(
        default=None, description="PEM file of the client's certificate (mTLS)."
    )
    key_file: str | None = Field(
        default=None, description="PEM file of the private key of `cert_file`."
    )
    key_password: SecretStr | None = Field(
        default=None, description="What `key_file` is encrypted with."
    )
    check_hostname: bool = Field(
        default=True,
        description="Whether a broker's certificate must be for the address it is reached at.",
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        self.options()
        return self

    def options(self) -> TlsOptions:
        """As the transport takes it."""
        return _checked(TlsOptions, self)


class SaslSettings(Section):
    """Who the client says it is."""

    mechanism: Mechanism = Field(
        description="`PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512` or `OAUTHBEARER`."
    )
    username: str | None = Field(default=None, description="For PLAIN and SCRAM.")
    password: SecretStr | None = Field(default=None, description="For PLAIN and SCRAM.")
    token_url: str | None = Field(
        default=None,
        description="Where an OpenID Connect provider grants tokens, for OAUTHBEARER.",
    )
    token_ca_file: str | None = Field(
        default=None,
        description="PEM file of the authorities of its certificate; null takes the system's.",
    )
    client_id: str | None = Field(default=None, description="For OAUTHBEARER.")
    client_secret: SecretStr | None = Field(default=None, description="For OAUTHBEARER.")
    scope: str | None = Field(
        default=None, description="Scopes to ask the provider for, separated by spaces."
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        self.options()
        return self

    def options(self) -> SaslOptions:
        """As the transport takes it."""
        return _checked(SaslOptions, self)


class KafkaSettings(Section):
    """How to talk to Kafka; of no effect with another kind of log."""

    client: Client = Field(
        default=_DEFAULT.client,
        description=(
            "The library: `kafka-python`, or `confluent`, which is faster and comes with the "
            "extra `fast`."
        ),
    )
    replication_factor: Integer | None = Field(
        default=_DEFAULT.replication_factor,
        ge=1,
        le=32767,
        description="Copies of each partition of new topics; null takes the cluster's default.",
    )
    transaction_timeout: Number = Field(
        default=_DEFAULT.transaction_timeout,
        gt=0,
        le=900,
        description="Seconds after which the brokers abort a transaction that was left open.",
    )
    retry_for: Number = Field(
        default=_DEFAULT.retry_for,
        ge=0,
        le=86_400,
        description="Seconds for which an operation is repeated while the brokers are away.",
    )
    tls: TlsSettings | None = Field(
        default=None, description="Encryption; null connects in the clear, {} encrypts."
    )
    sasl: SaslSettings | None = Field(default=None, description="Authentication; null for none.")

    def options(self) -> KafkaOptions:
        """As the transport takes it."""
        return KafkaOptions(
            client=self.client,
            replication_factor=self.replication_factor,
            transaction_timeout=self.transaction_timeout,
            retry_for=self.retry_for,
            tls=None if self.tls is None else self.tls.options(),
            sasl=None if self.sasl is None else self.sasl.options(),
        )


def _checked(kind: type[_Options], section: Section) -> _Options:
    """The section as one of the transport's options, by whose own rules it is refused."""
    try:
        return kind(**{name: _revealed(value) for name, value in section})
    except InvalidParameter as error:
        raise refusal(error.field, error.rule, error.got) from error


def _revealed(value: Any) -> Any:  # noqa: ANN401 - any setting
    return value.get_secret_value() if isinstance(value, SecretStr) else value
