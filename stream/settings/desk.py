"""The settings of the desk, from environment variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError

from models.errors import InvalidParameter
from stream.errors import ConfigError
from stream.registry.options import RegistryOptions
from stream.settings.fields import Span, TopicName
from stream.settings.load import load
from stream.settings.problems import sentences
from stream.settings.section import Section
from stream.transports.kafka.address import bootstrap_servers
from stream.transports.kafka.options import KafkaOptions

PREFIX = "CUTSTREAM_"
_SOURCE = "environment"


def _names(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(dict.fromkeys(name for name in value.replace(",", " ").split() if name))


def _kafka_url(value: str) -> str:
    try:
        bootstrap_servers(value)
    except InvalidParameter as error:
        raise ValueError(error.rule) from error
    return value


KafkaUrl = Annotated[str, AfterValidator(_kafka_url)]
Topics = Annotated[tuple[TopicName, ...], BeforeValidator(_names)]
"""Written as names between commas or spaces; each once."""


class DeskSettings(Section):
    """What the desk reads, and how long it remembers. Durations are held in milliseconds."""

    broker: KafkaUrl = Field(
        default="kafka://localhost:9092", description="URL of the Kafka cluster."
    )
    alert_topics: Topics = Field(default=(), description="Topics of alert records.")
    recommendation_topics: Topics = Field(
        default=(), description="Topics of recommendation records."
    )
    desk_id: TopicName = Field(
        default="cutstream-desk",
        description="Consumer group, and the first part of the names of the changelog topics.",
    )
    desk_token: SecretStr | None = Field(
        default=None, description="Bearer token that requests must carry."
    )
    desk_quiet: Span = Field(
        default="15m",
        validate_default=True,
        description="How long nothing must come until an alert is closed.",
    )
    desk_keep: Span = Field(
        default="1d", validate_default=True, description="How long closed alerts are kept."
    )
    desk_keep_recommendations: Span = Field(
        default="7d", validate_default=True, description="How long recommendations are kept."
    )
    desk_session_timeout: Span = Field(
        default="15s",
        validate_default=True,
        description="Silence after which the partitions go to another desk of the same id.",
    )
    kafka: KafkaOptions = Field(
        default=KafkaOptions(), description="Security and replication, from the configuration."
    )
    registry: RegistryOptions | None = Field(
        default=None, description="The schema registry, from the configuration."
    )

    @property
    def servers(self) -> list[str]:
        """The `host:port` of every broker."""
        return bootstrap_servers(self.broker)


def desk_settings(environment: Mapping[str, str] = os.environ) -> DeskSettings:
    """The settings that `environment` tells, over those of the file that CUTSTREAM_CONFIG names.

    Raises ConfigError with one sentence per problem.
    """
    path = environment.get(f"{PREFIX}CONFIG")
    raw = _configured(path, environment) if path else {}
    raw |= _told(environment, raw)
    try:
        settings = DeskSettings.model_validate(raw)
    except ValidationError as error:
        problems = [_named(text) for text in sentences(error, DeskSettings)]
        raise ConfigError(_SOURCE, problems) from error
    if not settings.alert_topics and not settings.recommendation_topics:
        raise ConfigError(_SOURCE, [_NOTHING_TO_READ])
    return settings


_NOTHING_TO_READ = (
    "CUTSTREAM_CONFIG must name a configuration with alerts, or CUTSTREAM_ALERT_TOPICS or "
    "CUTSTREAM_RECOMMENDATION_TOPICS at least one topic, got none."
)


def _configured(path: str, environment: Mapping[str, str]) -> dict[str, Any]:
    settings = load(path, environment)
    alerts = [detector.alerts for detector in settings.detectors.values()]
    return {
        "broker": settings.broker,
        "alert_topics": tuple(dict.fromkeys(each.topic for each in alerts if each.enabled)),
        "recommendation_topics": tuple(
            recommender.output.topic for recommender in settings.recommenders.values()
        ),
        "desk_token": settings.api.token,
        "kafka": settings.kafka.options(),
        "registry": settings.registry.options(),
    }


def _told(environment: Mapping[str, str], configured: Mapping[str, Any]) -> dict[str, Any]:
    """What the environment says itself; the broker only where no configuration names it."""
    names = set(DeskSettings.model_fields) - {"kafka", "registry"}
    if "broker" in configured:
        names -= {"broker"}
    values = {name: environment.get(f"{PREFIX}{name.upper()}") for name in names}
    told: dict[str, Any] = {name: value for name, value in values.items() if value}
    file = environment.get(f"{PREFIX}DESK_TOKEN_FILE")
    if file:
        told["desk_token"] = _secret(file)
    return told


def _secret(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        problem = f"{PREFIX}DESK_TOKEN_FILE must name a readable file, got {file!r}."
        raise ConfigError(_SOURCE, [problem]) from error


def _named(sentence: str) -> str:
    """A sentence about a setting as one about its variable."""
    setting, _, rest = sentence.partition(" ")
    return f"{PREFIX}{setting.partition('.')[0].upper()} {rest}"
