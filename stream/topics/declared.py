"""Every topic that a configuration names, and what it is for."""

from __future__ import annotations

from typing import NamedTuple

from stream.settings import Settings
from stream.settings.task import READ, Role
from stream.transports.protocol import TopicSpec


class Declared(NamedTuple):
    """A topic as a configuration declares it."""

    spec: TopicSpec
    roles: dict[Role, str]
    """Its roles, each with the setting that first gives it: `detectors.pumps.input`."""
    source: str | None
    """The topic whose partitions it has, by the task that names it first; None: they are fixed."""
    copies_of: set[str]
    """The topics that are read of which records come here as they are."""

    @property
    def read(self) -> str | None:
        """The setting that first has it read; None where the program itself fills it."""
        return next((path for role, path in self.roles.items() if role in READ), None)


def of_configuration(settings: Settings) -> list[Declared]:
    """Every topic once, whoever shares it; sharers agree, as the settings have been checked."""
    found: dict[str, Declared] = {}
    for task in settings.tasks:
        topics = task.settings.topics
        for use in task.settings.uses():
            source = None if use.like in (None, use.role) else topics[use.like].name
            declared = found.setdefault(use.spec.name, Declared(use.spec, {}, source, set()))
            declared.roles.setdefault(use.role, f"{task.path}.{use.role}")
            declared.copies_of.update(use.copies_of)
    return list(found.values())
