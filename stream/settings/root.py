"""The configuration as one frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from stream.settings.defaults import with_internal_topics
from stream.settings.detector import DetectorSettings
from stream.settings.fields import BrokerUrl, TaskName
from stream.settings.kafka import KafkaSettings
from stream.settings.log import LogAddress
from stream.settings.predictor import PredictorSettings
from stream.settings.recommender import RecommenderSettings
from stream.settings.registry import RegistrySettings, format_in_need
from stream.settings.section import Section, part_of, refusal
from stream.settings.service import ApiSettings, WorkerSettings
from stream.settings.sharing import sharing_problems
from stream.settings.task import Configured, TaskSettings


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
    detectors: dict[TaskName, DetectorSettings] = Field(
        default={}, description="The detectors, by name."
    )
    recommenders: dict[TaskName, RecommenderSettings] = Field(
        default={}, description="The recommenders, by name."
    )
    predictors: dict[TaskName, PredictorSettings] = Field(
        default={}, description="The predictors, by name."
    )

    @model_validator(mode="before")
    @classmethod
    def _named_topics(cls, raw: object) -> object:
        return with_internal_topics(raw, cls.internal_topics())

    @model_validator(mode="after")
    def _tasks_fit(self) -> Self:
        if not self.tasks:
            raise _refused([f"The configuration must have an entry in one of {_KINDS}, got none."])
        problems = sharing_problems(self.tasks)
        if problems:
            raise _refused(problems)
        return self

    @model_validator(mode="after")
    def _schemas_have_a_registry(self) -> Self:
        need = format_in_need(self.tasks)
        if need is not None and self.registry.url is None:
            raise refusal("registry.url", f"set when a format is not json ({need})", None)
        return self

    @property
    def tasks(self) -> list[Configured]:
        """Every detector, recommender and predictor."""
        return [
            Configured(kind, name, task)
            for kind in self.kinds()
            for name, task in getattr(self, kind).items()
        ]

    @property
    def log(self) -> LogAddress:
        """Where the log is, and how to get in."""
        return LogAddress(self.broker, self.kafka.options())

    @classmethod
    def kinds(cls) -> dict[str, type[TaskSettings]]:
        """The section of every kind of task, and what stands in it."""
        parts = {name: part_of(field.annotation)[0] for name, field in cls.model_fields.items()}
        return {
            name: part for name, part in parts.items() if part and issubclass(part, TaskSettings)
        }

    @classmethod
    def internal_topics(cls) -> Mapping[str, tuple[str, ...]]:
        """By kind of task, the sections whose topics are called after the task."""
        return {kind: task.INTERNAL for kind, task in cls.kinds().items()}

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """The JSON Schema (2020-12) of a configuration file."""
        dialect = "https://json-schema.org/draft/2020-12/schema"
        some = [
            {"required": [kind], "properties": {kind: {"minProperties": 1}}} for kind in cls.kinds()
        ]
        return {"$schema": dialect, **cls.model_json_schema(), "anyOf": some}


_KINDS = ", ".join(Settings.kinds())


def _refused(problems: list[str]) -> PydanticCustomError:
    """The error of a rule between tasks, with a sentence for each breach."""
    return PydanticCustomError("sentences", "the tasks do not fit", {"problems": problems})
