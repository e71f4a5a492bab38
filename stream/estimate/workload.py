"""What a detector is to bear."""

from __future__ import annotations

from dataclasses import dataclass

from models.detector.config import DetectorConfig
from models.errors import InvalidParameter
from models.forest.arena import BOX_CACHE


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One detector, how many keys it has, and how often they speak.

    keys: in all partitions. records: of each key, so far; None: so many that a key's cost is at its end.
    rate: events per second of all keys; None: unknown. partitions: that the keys are spread over.
    snapshot_every: events of a partition until a changed key is saved again.
    hot: the share of keys that are used often enough to get boxes, 0 to 1, as far as the cache has room for them.
    box_cache: bytes of boxes that each partition keeps.

    Raises InvalidParameter.
    """

    name: str
    config: DetectorConfig
    keys: int
    records: int | None = None
    rate: float | None = None
    partitions: int = 1
    snapshot_every: int = 10_000
    hot: float = 1.0
    box_cache: int = BOX_CACHE

    def __post_init__(self) -> None:
        rules: list[tuple[str, bool, str]] = [
            ("keys", self.keys >= 1, "at least 1"),
            ("records", self.records is None or self.records >= 0, "at least 0"),
            ("rate", self.rate is None or self.rate >= 0.0, "at least 0"),
            ("partitions", self.partitions >= 1, "at least 1"),
            ("snapshot_every", self.snapshot_every >= 1, "at least 1"),
            ("hot", 0.0 <= self.hot <= 1.0, "from 0 to 1"),
            ("box_cache", self.box_cache >= 0, "at least 0"),
        ]
        for field, holds, rule in rules:
            if not holds:
                raise InvalidParameter(field, "the workload", rule, getattr(self, field))
