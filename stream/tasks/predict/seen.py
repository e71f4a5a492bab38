"""What a predictor's partition has done since it was last asked, for the metrics."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

import numpy as np

from stream.metrics import Observed, table
from stream.metrics.observed import Labelled


class Seen:
    """Counts of one partition. They influence no output."""

    def __init__(self) -> None:
        self._counts: Counter[Labelled] = Counter()
        self._errors: defaultdict[Labelled, float] = defaultdict(float)
        self._gauges: dict[Labelled, float] = {}
        self._rejected: Counter[str] = Counter()

    def predicted(self, status: str) -> None:
        """An event was answered, or skipped."""
        self._counts[table.PREDICTIONS, (status,)] += 1

    def labelled(self, outcome: str) -> None:
        """A label came: matched or unknown."""
        self._counts[table.LABELS, (outcome,)] += 1

    def expired(self, events: int) -> None:
        """So many events were forgotten without a label."""
        if events:
            self._counts[table.EXPIRED, ()] += events

    def judged(self, errors: Mapping[str, float]) -> None:
        """A label told these errors of the models."""
        for model, error in errors.items():
            self._counts[table.JUDGED, (model,)] += 1
            self._errors[table.MODEL_ERROR_SUM, (model,)] += error

    def changed(self, model: str, change: str) -> None:
        """A model warned, drifted or was promoted."""
        self._counts[table.MODEL_CHANGES, (model, change)] += 1

    def measured(self, model: str, measure: str, value: float) -> None:
        """A metrics record was written."""
        self._gauges[table.MODEL_MEASURE, (model, measure)] = value

    def rejected(self, reason: str) -> None:
        """A record went to the dead letters."""
        self._rejected[reason] += 1

    def observed(self) -> Observed:
        """All of it; what follows begins at nothing."""
        labelled = {**self._counts, **self._errors, **self._gauges}
        observed = Observed(Counter(), np.zeros(0), self._rejected, labelled=labelled)
        self._counts, self._errors, self._gauges = Counter(), defaultdict(float), {}
        self._rejected = Counter()
        return observed
