"""The settings of the processes: HTTP interface and worker."""

from __future__ import annotations

from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator

from stream.settings.fields import Integer, Number
from stream.settings.section import Section, refusal

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class ApiSettings(Section):
    """Where the HTTP interface listens, and who may use it."""

    host: str = Field(default="127.0.0.1", min_length=1, description="Address to listen on.")
    port: Integer = Field(
        default=8321, ge=0, le=65535, description="Port to listen on; 0 takes any free one."
    )
    token: SecretStr | None = Field(
        default=None,
        description=(
            "Bearer token that every request must carry; required when `host` is not a loopback "
            "address. `token_file` names a file that holds it."
        ),
    )

    follow: bool | None = Field(
        default=None,
        description=(
            "Whether the process keeps live states of its own, of all partitions, by following the "
            "input; null does so where no worker is in the process, whose states it asks otherwise."
        ),
    )

    writes: bool = Field(
        default=False,
        description=(
            "Whether interactions, items and promotions may be written over HTTP, and users be "
            "forgotten; else the interface only reads."
        ),
    )

    @model_validator(mode="after")
    def _guarded(self) -> Self:
        if self.token is None and self.host not in _LOOPBACK:
            rule = f"set when the host is not a loopback address (it is {self.host})"
            raise refusal("token", rule, None)
        return self

    @field_validator("token")
    @classmethod
    def _not_empty(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and not token.get_secret_value():
            raise ValueError("at least one character long, or null")
        return token


class WorkerSettings(Section):
    """How a worker reads, commits and snapshots."""

    member: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description=(
            "Name in the consumer groups, unique among the workers. One that survives a restart "
            "takes its partitions back at once; null makes a new one from host and process."
        ),
    )
    metrics_port: Integer | None = Field(
        default=None,
        ge=0,
        le=65535,
        description=(
            "Port of /metrics, /livez and /readyz of `cutstream worker`, on api.host; null opens none."
        ),
    )
    batch_size: Integer = Field(
        default=1000, ge=1, le=100_000, description="Most records of one transaction."
    )
    poll_timeout: Number = Field(
        default=0.5, gt=0, le=60, description="Seconds to wait for the first record of a batch."
    )
    snapshot_every: Integer = Field(
        default=10_000,
        ge=1,
        description="Records of a partition until a changed entity is snapshot, at the latest.",
    )
    session_timeout: Number = Field(
        default=10,
        gt=0,
        le=3600,
        description="Seconds of silence after which a worker loses its partitions.",
    )
