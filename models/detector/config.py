"""What makes one detector: its features, its forest, its decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from models.errors import InvalidParameter

ScoreKind = Literal["inverse_depth", "displacement"]
Combination = Literal["mean", "max", "vote"]
FOREST = "forest"
"""How the random cut forest is named among a detector's models."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorConfig:
    """The parameters of a detector; every key has the same.

    features: names of the numeric features, in the order of the columns.
    shingle_size: how many consecutive records of a key make one point.
    n_trees, sample_size: size of the forest, and of each tree's reservoir.
    time_decay: how fast a reservoir forgets, per record; None means 1 / (10 * sample_size).
    score: "inverse_depth" (bounded by log2(sample_size + 1)) or "displacement" (CoDisp, unbounded).
    alarm_rate: the share of normal records, in (0, 0.05), whose tail probability may fall to the alarm level.
    warmup: records of a key before it may be judged; None means shingle_size + sample_size // 2.
    seed: makes everything random in the detector.
    models: "forest", and anomaly models of River as models.online.build reads them; each at most once.
    combine: what several models say together, each by the strength of its opinion: "mean", "max" (the strongest), or
        "vote" (what a majority reaches).

    Raises InvalidParameter.
    """

    features: tuple[str, ...]
    shingle_size: int = 8
    n_trees: int = 50
    sample_size: int = 256
    time_decay: float | None = None
    score: ScoreKind = "inverse_depth"
    alarm_rate: float = 1e-3
    warmup: int | None = None
    seed: int = 42
    models: tuple[Any, ...] = (FOREST,)
    combine: Combination = "mean"

    def __post_init__(self) -> None:
        owner = "the detector"
        n_features = len(self.features)
        if not n_features or len(set(self.features)) != n_features:
            raise InvalidParameter("features", owner, "at least one distinct name", self.features)
        rules: list[tuple[str, bool, str]] = [
            ("shingle_size", 1 <= self.shingle_size <= 1024, "from 1 to 1024"),
            ("n_trees", 1 <= self.n_trees <= 1000, "from 1 to 1000"),
            ("sample_size", 4 <= self.sample_size <= 32768, "from 4 to 32768"),
            (
                "time_decay",
                self.time_decay is None or 0.0 <= self.time_decay <= 1.0,
                "from 0 to 1, or null",
            ),
            (
                "score",
                self.score in ("inverse_depth", "displacement"),
                "'inverse_depth' or 'displacement'",
            ),
            ("alarm_rate", 0.0 < self.alarm_rate < 0.05, "above 0 and below 0.05"),
            ("warmup", self.warmup is None or self.warmup >= 1, "at least 1, or null"),
            ("seed", 0 <= self.seed < 2**63, "from 0 to 2**63 - 1"),
            ("models", len(self.models) > 0, "at least one model"),
            (
                "models",
                all(model not in self.models[:i] for i, model in enumerate(self.models)),
                "distinct models",
            ),
            ("combine", self.combine in ("mean", "max", "vote"), "'mean', 'max' or 'vote'"),
        ]
        for field, holds, rule in rules:
            if not holds:
                raise InvalidParameter(field, owner, rule, getattr(self, field))
        if n_features * self.shingle_size > 4096:
            raise InvalidParameter(
                "features", owner, "such that features x shingle_size <= 4096", n_features
            )

        if self.river_models:
            # River takes a second to import, and most detectors do without.
            from models.detector.mixture.scorer import checked_model

            for spec in self.river_models:
                checked_model(spec, self)

    @property
    def river_models(self) -> tuple[Any, ...]:
        """The models that are not the forest."""
        return tuple(model for model in self.models if model != FOREST)

    @property
    def decay(self) -> float:
        """The time decay in force, per record."""
        return 0.1 / self.sample_size if self.time_decay is None else self.time_decay

    @property
    def records_to_warm(self) -> int:
        """How many records a key needs before it may be judged (at least one full shingle)."""
        default = self.shingle_size + self.sample_size // 2
        return max(default if self.warmup is None else self.warmup, self.shingle_size + 1)
