"""River's classes that depend on the order of a set, which differs from process to process, put right."""

from __future__ import annotations

from typing import Any

from river import compose, metrics


class Select(compose.Select):  # type: ignore[misc]  # River has no types for mypy
    """River's, with the features in the order of its arguments, and content to be without one that is missing."""

    def __init__(self, *keys: str) -> None:
        super().__init__(*keys)
        self.keys = dict.fromkeys(keys)

    def transform_one(self, x: dict[str, Any]) -> dict[str, Any]:
        """The selected features."""
        return {name: x[name] for name in self.keys if name in x}


class ConfusionMatrix(metrics.ConfusionMatrix):  # type: ignore[misc]  # River has no types for mypy
    """River's, with its classes in order: sums over them depend on it."""

    @property
    def classes(self) -> list[Any]:
        """Every class that was seen or answered, ascending."""
        return sorted(super().classes)


MENDED = {"compose.Select": Select}
"""`module.Class` -> what stands in its place."""
