"""What the settings of every kind of task have in common: which topics it has, and what for."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar, NamedTuple

from stream.codec.formats.names import Format
from stream.settings.section import Section
from stream.transports.protocol import TopicSpec


class Role(StrEnum):
    """What a task has a topic for; also the section of its settings that names the topic."""

    INPUT = "input"
    ITEMS = "items"
    USERS = "users"
    REQUESTS = "requests"
    LABELS = "labels"
    REKEYED = "rekeyed"
    SEQUENCED = "sequenced"
    OUTPUT = "output"
    METRICS = "metrics"
    CHANGES = "changes"
    ALERTS = "alerts"
    DEAD_LETTERS = "dead_letters"
    SNAPSHOTS = "snapshots"


READ = frozenset({Role.INPUT, Role.ITEMS, Role.USERS, Role.REQUESTS, Role.LABELS})
"""Roles of topics that others fill."""
WRITTEN = frozenset({Role.OUTPUT, Role.METRICS, Role.CHANGES})
"""Roles of topics that a task fills alone, for whoever reads them."""
GATHERED = frozenset({Role.ALERTS, Role.DEAD_LETTERS})
"""Roles of topics that several tasks may fill together."""


class TopicUse(NamedTuple):
    """One topic of one task."""

    role: Role
    spec: TopicSpec
    like: Role | None = None
    """The role of the topic that is read whose partitions it has (its own, where it is read); None: they are fixed."""
    copies_of: frozenset[str] = frozenset()
    """Topics of which records come here as they are."""


class Sent(NamedTuple):
    """How records have to be sent to a topic that a task reads."""

    key: tuple[str, ...]
    """Field paths of the record key; empty: none is asked for."""
    timestamp: str | None
    """Field path of the event time."""
    partitions: int
    format: Format
    compact: bool = False
    """Whether the topic, if it is made, keeps the newest record of every key."""
    needs_key: bool = False
    """Whether the record key alone says what a record is about."""


class TaskSettings(Section):
    """One task: a detector, a recommender, a predictor."""

    NOUN: ClassVar[str]
    """What one of its kind is called."""
    DERIVED: ClassVar[Mapping[str, str]]
    """Section of an output -> what stands behind the input topic's name in the name of its topic."""
    INTERNAL: ClassVar[tuple[str, ...]]
    """Sections whose topics are called `cutstream.<name>.<section>`."""

    @property
    @abstractmethod
    def log_topic(self) -> str:
        """The topic that its state is computed from."""

    @property
    def snapshot_every(self) -> int | None:
        """Records of a partition until its changed state is saved; None: as the worker has it."""
        return None

    @abstractmethod
    def uses(self) -> tuple[TopicUse, ...]:
        """Its topics, in the order in which records pass through them."""

    @abstractmethod
    def sends(self) -> dict[str, Sent]:
        """The topics that it reads, and how records have to be sent there."""

    @abstractmethod
    def formats(self) -> dict[Role, Format]:
        """In which format the records of its topics are, as far as the settings say."""

    @property
    def topics(self) -> dict[Role, TopicSpec]:
        """Its topics by role, in the order in which records pass through them."""
        return {use.role: use.spec for use in self.uses()}


class Configured(NamedTuple):
    """A task and its place in a configuration."""

    kind: str
    """The section that it stands in: `detectors`, `recommenders`, `predictors`."""
    name: str
    settings: TaskSettings

    @property
    def path(self) -> str:
        """The path of its settings."""
        return f"{self.kind}.{self.name}"
