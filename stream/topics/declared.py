"""Every topic that a configuration names, and what it is for."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from stream.settings import DetectorSettings, Settings
from stream.transports.protocol import TopicSpec


class Role(StrEnum):
    """What a detector has a topic for."""

    INPUT = "input"
    REKEYED = "rekeyed"
    OUTPUT = "output"
    ALERTS = "alerts"
    DEAD_LETTERS = "dead_letters"
    SNAPSHOTS = "snapshots"


class Declared(NamedTuple):
    """A topic as a configuration declares it."""

    spec: TopicSpec
    roles: dict[Role, str]
    """Its roles, each with the setting that first gives it: `detectors.pumps.input`."""
    source: str
    """The input topic of the detector that names it first."""
    copies_of: set[str]
    """The input topics of which records come here as they are."""


def of_detector(detector: DetectorSettings) -> dict[Role, TopicSpec]:
    """The topics of one detector, in the order in which records pass through them."""
    partitions = detector.input.partitions

    def spec(role: Role) -> TopicSpec:
        section = getattr(detector, role.value)
        return TopicSpec(section.topic, partitions, section.retention)

    specs = {Role.INPUT: spec(Role.INPUT)}
    if detector.rekeys:
        specs[Role.REKEYED] = spec(Role.REKEYED)
    specs[Role.OUTPUT] = spec(Role.OUTPUT)
    if detector.alerts.enabled:
        specs[Role.ALERTS] = spec(Role.ALERTS)
    specs[Role.DEAD_LETTERS] = spec(Role.DEAD_LETTERS)
    specs[Role.SNAPSHOTS] = TopicSpec(detector.snapshots.topic, partitions, compact=True)
    return specs


def of_configuration(settings: Settings) -> list[Declared]:
    """Every topic once, whoever shares it; sharers agree, as the settings have been checked."""
    found: dict[str, Declared] = {}
    for name, detector in settings.detectors.items():
        for role, spec in of_detector(detector).items():
            new = Declared(spec, {}, detector.input.topic, set())
            declared = found.setdefault(spec.name, new)
            declared.roles.setdefault(role, f"detectors.{name}.{role}")
            if role in (Role.REKEYED, Role.DEAD_LETTERS):
                declared.copies_of.add(detector.input.topic)
    return list(found.values())
