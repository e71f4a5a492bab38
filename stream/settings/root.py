"""The configuration as one frozen value."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from stream.settings.defaults import with_internal_topics
from stream.settings.detector import DetectorSettings
from stream.settings.fields import BrokerUrl, DetectorName
from stream.settings.section import Section
from stream.settings.service import ApiSettings, WorkerSettings
from stream.settings.sharing import sharing_problems


class Settings(Section):
    """A whole configuration. Every topic name is filled in."""

    broker: BrokerUrl = Field(
        default="sqlite:///cutstream.db",
        description=("URL of the log. A relative path is relative to the working directory."),
    )
    api: ApiSettings = Field(default=ApiSettings(), description="The HTTP interface.")
    worker: WorkerSettings = Field(default=WorkerSettings(), description="The worker.")
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

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """The JSON Schema (2020-12) of a configuration file."""
        dialect = "https://json-schema.org/draft/2020-12/schema"
        return {"$schema": dialect, **cls.model_json_schema()}
