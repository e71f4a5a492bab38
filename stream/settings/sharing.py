"""Which topics detectors may share, and what they must then agree on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from stream.settings.detector import DetectorSettings


class _Use(NamedTuple):
    """One mention of a topic in a configuration."""

    detector: str
    role: str
    source: str
    """The topic that the detector reads."""
    partitions: int
    retention: int | None

    @property
    def path(self) -> str:
        return f"detectors.{self.detector}.{self.role}"


def sharing_problems(detectors: Mapping[str, DetectorSettings]) -> list[str]:
    """One sentence for each topic that cannot be used as it is.

    Detectors may read the same topic, and one may read another's scores; dead letters may meet in
    one topic, and so may alerts. Whoever shares a topic must agree on its partitions and retention.
    """
    uses: defaultdict[str, list[_Use]] = defaultdict(list)
    for name, detector in detectors.items():
        for topic, use in _uses(name, detector):
            uses[topic].append(use)
    return [
        problem
        for topic, sharers in uses.items()
        for other in sharers[1:]
        for problem in _between(topic, sharers[0], other)
    ]


def _uses(name: str, detector: DetectorSettings) -> Iterator[tuple[str, _Use]]:
    retentions = {
        "input": detector.input.retention,
        "rekeyed": detector.rekeyed.retention,
        "output": detector.output.retention,
        "alerts": detector.alerts.retention,
        "dead_letters": detector.dead_letters.retention,
        "snapshots": None,
    }
    if not detector.rekeys:
        del retentions["rekeyed"]
    if not detector.alerts.enabled:
        del retentions["alerts"]
    for role, retention in retentions.items():
        use = _Use(name, role, detector.input.topic, detector.input.partitions, retention)
        yield getattr(detector, role).topic, use


def _between(topic: str, first: _Use, other: _Use) -> Iterator[str]:
    if not _may_share(first, other):
        yield (f"{other.path}.topic must differ from {first.path}.topic, got {topic!r} for both.")
        return
    told_by_the_inputs = other.role in {"alerts", "dead_letters"} and other.source == first.source
    if other.partitions != first.partitions and not told_by_the_inputs:
        yield (
            f"detectors.{other.detector}.input.partitions must be {first.partitions}, as "
            f"{first.path} shares the topic {topic!r}, got {other.partitions}."
        )
    if other.retention != first.retention:
        yield (
            f"{other.path}.retention must be that of {first.path}, which shares the topic "
            f"{topic!r}, got {_milliseconds(other.retention)} and {_milliseconds(first.retention)}."
        )


def _may_share(first: _Use, other: _Use) -> bool:
    if first.detector == other.detector:
        return False
    roles = {first.role, other.role}
    return roles in ({"input"}, {"alerts"}, {"dead_letters"}, {"input", "output"})


def _milliseconds(retention: int | None) -> str:
    return "null" if retention is None else f"{retention} ms"
