"""What a task can tell of its work beyond its records, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from stream.metrics.table import Metric

Labelled = tuple[Metric, tuple[str, ...]]
"""A metric, and its labels behind that of the task."""


class Observed(NamedTuple):
    """What was seen since it was last asked for."""

    statuses: Mapping[str, int]
    """Status of a decision -> how many records got it."""
    scores: NDArray[np.float64]
    """(n,) raw scores of the records that are past their warm-up."""
    dead_letters: Mapping[str, int]
    """Reason -> how many records it sent to the dead letters."""
    counts: Mapping[Metric, float] = MappingProxyType({})
    """What else it counted, by counter with no label but the task."""
    levels: Mapping[Metric, float] = MappingProxyType({})
    """Where it stands now, by gauge with no label but the task."""
    labelled: Mapping[Labelled, float] = MappingProxyType({})
    """The same of metrics with more labels: by how much counters have grown, and where gauges stand."""


@runtime_checkable
class Observable(Protocol):
    """A partition's state that counts what it does; optional: the runtime looks for the method.

    The counts are about `process`; they never influence its outputs and belong to no snapshot.
    """

    def observed(self) -> Observed:
        """Return what was seen since the last call, and start again at nothing."""
