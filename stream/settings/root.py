"""The configuration as one frozen value."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from stream.settings.defaults import with_internal_topics
from stream.settings.detector import DetectorSettings
from stream.settings.fields import BrokerUrl, DetectorName
from stream.settings.kafka import KafkaSettings
from stream.settings.log import LogAddress
from stream.settings.registry import RegistrySettings, format_in_need
from stream.settings.section import Section, refusal
from stream.settings.service import ApiSettings, WorkerSettings
from stream.settings.sharing import sharing_problems


class Settings(Section):
    """A whole configuration. Every topic name is filled in."""

    broker: BrokerUrl = Field(
        default="sqlite:///cutstream.db",
        description=(
            "URL of the log: `sqlite:///file` (relative to the working directory) or "
            "`kafka://host[:port][,host[:port]...]`."
        ),
    )
    kafka: KafkaSettings = Field(
        default=KafkaSettings(), description="How to talk to Kafka, if the log is there."
    )
    api: ApiSettings = Field(default=ApiSettings(), description="The HTTP interface.")
    worker: WorkerSettings = Field(default=WorkerSettings(), description="The worker.")
    registry: RegistrySettings = Field(
        default=RegistrySettings(), description="The schema registry."
    )
    detectors: dict[DetectorName, DetectorSettings] = Field(
        min_length=1, description="The detectors, by name."
    )

    @model_validator(mode="before")
    @classmethod
    def _named_topics(cls, raw: object) -> object:
        return with_internal_topics(raw)

    @model_validator(mode="after")
    def _topics_fit(self) -> Self:
        problems = sharing_problems(self.detectors)
        if problems:
            raise PydanticCustomError("sharing", "topics do not fit", {"problems": problems})
        return self

    @model_validator(mode="after")
    def _schemas_have_a_registry(self) -> Self:
        need = format_in_need(self.detectors)
        if need is not None and self.registry.url is None:
            raise refusal("registry.url", f"set when a format is not json ({need})", None)
        return self

    @property
    def log(self) -> LogAddress:
        """Where the log is, and how to get in."""
        return LogAddress(self.broker, self.kafka.options())

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """The JSON Schema (2020-12) of a configuration file."""
        dialect = "https://json-schema.org/draft/2020-12/schema"
        return {"$schema": dialect, **cls.model_json_schema()}
