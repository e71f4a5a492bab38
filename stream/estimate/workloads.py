"""Workloads, from what was asked for on the command line and in the settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.detector.config import DetectorConfig
from models.errors import InvalidParameter
from stream.estimate.workload import Workload

if TYPE_CHECKING:
    from stream.settings import Settings

_UNNAMED = "detector"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the command line says. Numbers may be for one detector, as `pumps=100`, or for all of them."""

    keys: Sequence[str]
    rate: Sequence[str]
    rate_per_key: Sequence[str]
    records: int | None
    hot: float
    partitions: int | None
    snapshot_every: int | None


def of_shape(shape: Mapping[str, Any], wanted: Wanted) -> Workload:
    """The workload of a detector that no settings describe. Raises InvalidParameter."""
    given = {name: value for name, value in shape.items() if value is not None}
    features = given.pop("features", 1)
    if features < 1:
        raise InvalidParameter("features", "the detector", "at least 1", features)
    names = tuple(f"feature_{i}" for i in range(features))
    return _workloads({_UNNAMED: DetectorConfig(features=names, **given)}, {}, 10_000, wanted)[0]


def from_settings(settings: Settings, shape: Mapping[str, Any], wanted: Wanted) -> list[Workload]:
    """A workload for every detector of the settings. Raises InvalidParameter."""
    for name, value in shape.items():
        if value is not None:
            rule = "left out where a configuration says it"
            raise InvalidParameter(name, "the command line", rule, value)
    if not settings.detectors:
        raise InvalidParameter("detectors", "the configuration", "at least one", 0)
    configs = {name: one.config() for name, one in settings.detectors.items()}
    partitions = {name: one.input.partitions for name, one in settings.detectors.items()}
    return _workloads(configs, partitions, settings.worker.snapshot_every, wanted)


def _workloads(
    configs: Mapping[str, DetectorConfig],
    partitions: Mapping[str, int],
    snapshot_every: int,
    wanted: Wanted,
) -> list[Workload]:
    keys = _numbers("keys", wanted.keys, configs)
    rates = _numbers("rate", wanted.rate, configs)
    for name, rate in _numbers("rate-per-key", wanted.rate_per_key, configs).items():
        if name in rates:
            rule = "left out where 'rate-per-key' says it"
            raise InvalidParameter("rate", "the command line", rule, rates[name])
        rates[name] = rate * keys[name]
    return [
        Workload(
            name=name,
            config=config,
            keys=round(keys[name]),
            records=wanted.records,
            rate=rates.get(name),
            partitions=wanted.partitions or partitions.get(name, 1),
            snapshot_every=wanted.snapshot_every or snapshot_every,
            hot=wanted.hot,
        )
        for name, config in configs.items()
    ]


def _numbers(
    field: str, given: Sequence[str], configs: Mapping[str, DetectorConfig]
) -> dict[str, float]:
    """By detector; one that is named goes before what is said of all. Raises InvalidParameter."""
    found: dict[str, float] = {}
    for text in sorted(given, key=lambda one: "=" in one):
        name, _, number = text.rpartition("=")
        try:
            value = float(number)
        except ValueError:
            rule = "a number, or DETECTOR=NUMBER"
            raise InvalidParameter(field, "the command line", rule, text) from None
        if name and name not in configs:
            rule = f"of one of the detectors ({', '.join(configs)})"
            raise InvalidParameter(field, "the command line", rule, text)
        found |= dict.fromkeys([name] if name else configs, value)
    return found
