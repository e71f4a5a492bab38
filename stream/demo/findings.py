"""What a detector flagged, and how that compares with what is known."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from stream.codec.score import ScoreRecord
from stream.demo.series import Segment, runs
from stream.records import TopicPartition
from stream.transports.protocol import Transport

GAP = 3
"""Flagged rows at most this far apart make one finding."""


class Finding(NamedTuple):
    """A run of flagged rows; `peak` is the first record with its highest grade."""

    first: int
    last: int
    peak: ScoreRecord


class Comparison(NamedTuple):
    """Flagged rows against known ones, both among the rows that were judged."""

    scored: int
    judged: int
    """Rows after warming up; only these count below, but for `segments`."""
    flagged: int
    known: int
    both: int
    segments: int
    """Known segments, those that fell into the warm-up included."""
    hit: int
    """Known segments with at least one flagged row."""
    ranking: float | None
    """Share of the pairs of a known and another row in which the known one is the less probable.

    This is the area under the ROC curve: it judges the order of the rows, not the alarm level. None
    without any pair.
    """

    @property
    def precision(self) -> float | None:
        """Share of the flagged rows that are known to be anomalous; None without any flagged."""
        return self.both / self.flagged if self.flagged else None

    @property
    def recall(self) -> float | None:
        """Share of the known rows that were flagged; None without any known."""
        return self.both / self.known if self.known else None


def read_scores(
    log: Transport, topic: str, start: int = 0, partition: int = 0
) -> Iterator[ScoreRecord]:
    """Iterate over the score records of a partition, from offset `start` on."""
    decode = msgspec.json.Decoder(ScoreRecord).decode
    for record in log.read(TopicPartition(topic, partition), start):
        if record.value is not None:
            yield decode(record.value)


def findings(flagged: Sequence[ScoreRecord]) -> list[Finding]:
    """Merge flagged records, in the order of their rows, into runs."""
    by_row = {record.source.offset: record for record in flagged}
    return [
        Finding(
            run.first,
            run.last,
            max(
                (by_row[row] for row in range(run.first, run.last + 1) if row in by_row),
                key=lambda record: record.grade,
            ),
        )
        for run in runs(list(by_row), GAP)
    ]


def compare(records: Iterable[ScoreRecord], known: Sequence[Segment]) -> Comparison:
    """Compare all score records of a series with what is known of it."""
    anomalous = {row for segment in known for row in range(segment.first, segment.last + 1)}
    scored, found = 0, set()
    judged: dict[int, float] = {}
    for record in records:
        scored += 1
        if record.status != "warming":
            judged[record.source.offset] = record.probability
        if record.status == "anomaly":
            found.add(record.source.offset)
    hit = sum(any(row in found for row in range(s.first, s.last + 1)) for s in known)
    return Comparison(
        scored,
        len(judged),
        len(found),
        len(anomalous & judged.keys()),
        len(anomalous & found),
        len(known),
        hit,
        ranking([p for row, p in judged.items() if row in anomalous], [*judged.values()]),
    )


def ranking(known: Sequence[float], everything: Sequence[float]) -> float | None:
    """Share of pairs in which the known row is the less probable; equal ones count by half."""
    others = len(everything) - len(known)
    if not known or not others:
        return None
    ascending = sorted(everything)
    # The mean rank of equal values, counted from 0 for the least probable.
    ranks = sum((bisect_left(ascending, p) + bisect_right(ascending, p) - 1) / 2 for p in known)
    return 1.0 - (ranks - len(known) * (len(known) - 1) / 2) / (len(known) * others)
