"""The shape of a forest."""

from __future__ import annotations

import math
from dataclasses import dataclass

from models.errors import InvalidParameter

MAX_DIMENSIONS = 32768
BUCKET_SIZE = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class ForestConfig:
    """The parameters that all forests of one arena share.

    n_features: values per record, 1 or more.
    shingle_size: consecutive records that make one point; n_features * shingle_size <= 32768.
    n_trees: 1 to 1000. sample_size: points per tree's reservoir, 2 to 32768.
    time_decay: rate at which a reservoir forgets, per point, 0 to 1; a point's weight is e**(time_decay * sequence
    number). None means 0.1 / sample_size, which remembers about the last 10 * sample_size points. bucket_size: subtrees
    of up to that many samples keep no nodes, 1 to 64; their cuts are drawn anew from their points. 1 keeps them all;
    more takes less memory, and does not change how cuts are distributed.

    Raises InvalidParameter.
    """

    n_features: int
    shingle_size: int = 1
    n_trees: int = 50
    sample_size: int = 256
    time_decay: float | None = None
    bucket_size: int = BUCKET_SIZE

    def __post_init__(self) -> None:
        owner = "the forest"
        rules: list[tuple[str, bool, str]] = [
            ("n_features", 1 <= self.n_features <= MAX_DIMENSIONS, f"from 1 to {MAX_DIMENSIONS}"),
            (
                "shingle_size",
                self.shingle_size >= 1 and self.dimensions <= MAX_DIMENSIONS,
                f"at least 1, with n_features * shingle_size <= {MAX_DIMENSIONS}",
            ),
            ("n_trees", 1 <= self.n_trees <= 1000, "from 1 to 1000"),
            ("sample_size", 2 <= self.sample_size <= 32768, "from 2 to 32768"),
            (
                "time_decay",
                self.time_decay is None
                or (math.isfinite(self.time_decay) and 0.0 <= self.time_decay <= 1.0),
                "from 0 to 1, or None",
            ),
            ("bucket_size", 1 <= self.bucket_size <= 64, "from 1 to 64"),
        ]
        for field, holds, rule in rules:
            if not holds:
                raise InvalidParameter(field, owner, rule, getattr(self, field))

    @property
    def dimensions(self) -> int:
        """Values per point."""
        return self.n_features * self.shingle_size

    @property
    def decay(self) -> float:
        """The time decay in force, per point."""
        return 0.1 / self.sample_size if self.time_decay is None else self.time_decay
