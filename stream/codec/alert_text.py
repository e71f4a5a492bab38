"""An anomaly in plain words."""

from __future__ import annotations

from stream.codec.keys import SINGLE_ENTITY, entity_text
from stream.codec.score import Attribution, Expected, ScoreRecord

LEADING_SHARE = 0.25
"""A feature with this share of the score is worth mentioning; the one with the greatest always is."""
MOST_FEATURES = 3
RAREST = 1e-9
"""Below this probability only its order of magnitude means anything."""

_ALL = entity_text(SINGLE_ENTITY)
_PATTERN = "shows an unusual pattern"


def title(score: ScoreRecord) -> str:
    """Which detector found what with whom; `score` is an anomaly's."""
    whose = "" if score.entity == _ALL else f" of {score.entity}"
    if score.attribution is None:
        several = ", ".join([*score.values][:MOST_FEATURES])
        return f"{score.detector}: {several}{whose} {_PATTERN}"
    feature = _telling(score)[0]
    return f"{score.detector}: {feature}{whose} {_matter(score, feature)}"


def summary(score: ScoreRecord) -> str:
    """What was seen, what was expected, how rare that is; `score` is an anomaly's."""
    if score.attribution is None:
        values = [*score.values][:MOST_FEATURES]
        seen = "; ".join(_found(score, feature) for feature in values) + ", an unusual pattern"
    else:
        seen = "; ".join(_seen(score, feature) for feature in _telling(score))
    return f"{seen}. {_rarity(score.probability)}"


def plain(number: float) -> str:
    """A number as people write it, to about six digits."""
    return f"{number:,.0f}" if 1e5 <= abs(number) < 1e15 else f"{number:.6g}"


def _telling(score: ScoreRecord) -> list[str]:
    """The features to speak of: those that made the score and left their bands, else the first."""
    leading = _leading(score.attribution or {})
    return [feature for feature in leading if _side(score, feature)] or leading[:1]


def _leading(attribution: dict[str, Attribution]) -> list[str]:
    """The features that made the score, the greatest share first."""
    ranked = sorted(attribution, key=lambda name: -attribution[name].share)
    leading = [name for name in ranked if attribution[name].share >= LEADING_SHARE]
    return (leading or ranked)[:MOST_FEATURES]


def _matter(score: ScoreRecord, feature: str) -> str:
    side = _side(score, feature)
    return f"is {side} than expected" if side else _PATTERN


def _seen(score: ScoreRecord, feature: str) -> str:
    band, told = _expected(score, feature), _found(score, feature)
    between = f"{plain(band.lower)} to {plain(band.upper)}"
    if _side(score, feature):
        return f"{told}, where {plain(band.value)} ({between}) was expected"
    return f"{told}, within the expected {between}, but in an unusual pattern"


def _found(score: ScoreRecord, feature: str) -> str:
    found = "was estimated at" if feature in score.imputed else "was"
    return f"{feature} {found} {plain(score.values[feature] or 0.0)}"


def _side(score: ScoreRecord, feature: str) -> str:
    value, band = score.values[feature], _expected(score, feature)
    if value is None or band.lower <= value <= band.upper:
        return ""
    return "higher" if value > band.upper else "lower"


def _expected(score: ScoreRecord, feature: str) -> Expected:
    return (score.expected or {})[feature]


def _rarity(probability: float) -> str:
    if probability < RAREST:
        return f"Fewer than 1 in {1.0 / RAREST:,.0f} normal records score this high."
    return f"About 1 in {float(f'{1.0 / probability:.2g}'):,.0f} normal records scores this high."
