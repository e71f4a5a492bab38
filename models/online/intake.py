"""From an event's features to what models are given."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from models.errors import InvalidParameter
from models.online.config import PredictorConfig
from models.online.records import Feature

LARGEST = 1e150
"""Greatest magnitude of a number: its square must stay finite."""


class Intake:
    """Picks the features and puts something in the place of missing ones."""

    def __init__(self, config: PredictorConfig) -> None:
        self._config = config
        self._last: dict[str, Feature] = {}
        self._count: dict[str, int] = {}
        self._mean: dict[str, float] = {}

    def take(
        self, x: Mapping[str, Any], learn: bool = True
    ) -> tuple[dict[str, Feature] | None, tuple[str, ...]]:
        """What models are given (None: no prediction is to be made), and the names of what was missing.

        learn: whether the values are remembered. Raises InvalidParameter for what no feature can be.
        """
        names = self._config.features or tuple(x)
        taken: dict[str, Feature] = {}
        missing = []
        for name in names:
            value = _checked(name, x.get(name))
            if value is not None:
                taken[name] = value
            else:
                missing.append(name)
        if missing and self._config.missing == "skip":
            return None, tuple(missing)
        given = {name: taken[name] if name in taken else self._instead(name) for name in names}
        if learn:
            self._remember(taken)
        return {name: value for name, value in given.items() if value is not None}, tuple(missing)

    def state(self) -> list[Any]:
        """Everything, as plain values."""
        return [self._last, self._count, self._mean]

    def restore(self, state: list[Any]) -> None:
        """Take the place of all that is here."""
        self._last, self._count, self._mean = state

    def _instead(self, name: str) -> Feature | None:
        policy = self._config.missing
        if policy == "zero":
            return 0.0
        if policy == "last":
            return self._last.get(name)
        return self._mean.get(name) if policy == "mean" else None

    def _remember(self, taken: Mapping[str, Feature]) -> None:
        if self._config.missing == "last":
            self._last.update(taken)
        if self._config.missing == "mean":
            for name, value in taken.items():
                if not isinstance(value, str):
                    self._count[name] = count = self._count.get(name, 0) + 1
                    mean = self._mean.get(name, 0.0)
                    self._mean[name] = mean + (value - mean) / count


def _checked(name: str, value: object) -> Feature | None:
    """The value; None where it is missing."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if not isinstance(value, bool | int | float | str):
        rule = "a number, a text, true or false, or missing"
        raise InvalidParameter(name, "the event", rule, value)
    if not isinstance(value, str) and abs(value) > LARGEST:
        rule = f"finite, and at most {LARGEST:g} in magnitude"
        raise InvalidParameter(name, "the event", rule, value)
    return value
