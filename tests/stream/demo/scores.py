"""Score records for tests."""

from __future__ import annotations

from stream.codec.reasons import ScoreReason
from stream.codec.score import Attribution, Expected, ScoreRecord, Source

REASONS = {
    "warming": ScoreReason.WARMING,
    "normal": ScoreReason.SCORE_BELOW_THRESHOLD,
    "anomaly": ScoreReason.SCORE_ABOVE_THRESHOLD,
}


def score(row: int, status: str, *, grade: float = 0.0, probability: float = 0.5) -> ScoreRecord:
    """A score of row `row` with two features, of which the second weighs more."""
    flagged = status == "anomaly"
    return ScoreRecord(
        detector="d",
        entity="all",
        time="2024-01-01T00:00:00.000000Z",
        values={"a": 1.0, "b": 20.0},
        score=1.0,
        probability=probability,
        grade=grade,
        confidence=1.0,
        threshold=1.0,
        expected={name: Expected(2.0, 1.5, 2.5) for name in "ab"} if flagged else None,
        attribution={"a": Attribution(0.2, "low"), "b": Attribution(0.8, "high")}
        if flagged
        else None,
        status=status,  # type: ignore[arg-type]  # tests give one of the four
        reasons=(REASONS[status],),
        imputed=(),
        observations=row + 1,
        source=Source("t", 0, row),
    )
