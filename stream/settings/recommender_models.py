"""The settings of a recommender's models, memory and rules."""

from __future__ import annotations

from math import inf
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from models.errors import InvalidParameter
from models.recommend.checks import HEAVIEST
from models.recommend.config import RecommenderConfig
from models.recommend.serving.filters import Filter
from models.recommend.serving.rules import Boost, Pin, Rules
from stream.codec.recommendation.interactions import Meaning
from stream.settings.fields import Duration, Integer, Number, Span
from stream.settings.section import Section

_DEFAULT = RecommenderConfig()
_RULES = Rules()
MEANINGS = ("seen", "blocked", "ignored")


def _meaning(value: object) -> Meaning:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= HEAVIEST:
        return float(value)
    if value in MEANINGS:
        return value  # type: ignore[return-value]  # one of the texts
    raise ValueError(f"a weight above 0 and at most {HEAVIEST:.0f}, seen, blocked or ignored")


def _filter(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("a filter such as 'category:comedy and year >= 1990'")
    try:
        Filter(value)
    except InvalidParameter as error:
        raise ValueError(error.rule) from error
    return value


TypeMeaning = Annotated[
    Meaning,
    BeforeValidator(_meaning),
    WithJsonSchema(
        {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"enum": list(MEANINGS)}]}
    ),
]
"""What a type of interaction says."""
FilterText = Annotated[str, BeforeValidator(_filter), WithJsonSchema({"type": "string"})]


class TrendingSettings(Section):
    """What is popular lately."""

    half_lives: tuple[Integer, ...] = Field(
        default=_DEFAULT.half_lives,
        description="In how many interactions popularity halves, ascending; several, since trends differ.",
    )


class CooccurrenceSettings(Section):
    """What the same users touch."""

    neighbours: Integer = Field(
        default=_DEFAULT.neighbours, description="Length of an item's list of related items."
    )


class FactorSettings(Section):
    """Vectors of users and items."""

    length: Integer = Field(default=_DEFAULT.n_factors, description="Numbers of a vector.")
    negatives: Integer = Field(
        default=_DEFAULT.n_negatives,
        description="Items that the user has not touched to compare each interaction with.",
    )
    learning_rate: Number = Field(
        default=_DEFAULT.learning_rate, description="How far each interaction moves the vectors."
    )
    regularisation: Number = Field(
        default=_DEFAULT.regularisation, description="How strongly vectors are held near 0."
    )


class MemorySettings(Section):
    """How much is remembered, and how long."""

    users: Integer = Field(
        default=_DEFAULT.max_users, description="Most users; beyond, those idle longest go."
    )
    items: Integer = Field(
        default=_DEFAULT.max_items, description="Most items; beyond, those idle longest go."
    )
    user_ttl: Duration = Field(
        default=None, description="Event time after which an idle user goes; null: never."
    )
    item_ttl: Duration = Field(
        default=None, description="Event time after which an idle item goes; null: never."
    )
    history: Integer = Field(
        default=_DEFAULT.history, description="Newest interactions of a user that are remembered."
    )
    context: Integer = Field(
        default=_DEFAULT.context,
        description="How many of them say what the user wants now; at most the history.",
    )


class EvaluationSettings(Section):
    """How it is measured how well interactions are foreseen."""

    share: Number = Field(
        default=_DEFAULT.evaluate,
        description="Share of the interactions that are ranked before they are learned.",
    )
    k: Integer = Field(default=_DEFAULT.cutoff, description="The k of recall@k and nDCG@k.")
    window: Integer = Field(
        default=_DEFAULT.window, description="Ranked interactions of the moving measures."
    )


class BoostSettings(Section):
    """Raises or lowers the items that pass a filter."""

    filter: FilterText = Field(description="Which items.")
    times: Number = Field(
        default=1.0, description="What their score is multiplied by (divided, if below 0)."
    )
    plus: Number = Field(default=0.0, description="What is added to their score then.")

    def boost(self) -> Boost:
        """The rule. Raises InvalidParameter."""
        return Boost(filter=Filter(self.filter), times=self.times, plus=self.plus)


class RuleSettings(Section):
    """What may be served, and where."""

    show_again: dict[str, Span] = Field(
        default={},
        description=(
            "By type of interaction, event time after which its item may be shown to the user "
            "again; never for types that are not listed."
        ),
    )
    blocked: tuple[str, ...] = Field(default=(), description="Items that are never served.")
    boosts: dict[str, BoostSettings] = Field(
        default={}, description="By any name, what raises or lowers some items; in this order."
    )
    pins: dict[str, Integer] = Field(
        default={}, description="By item, its fixed place in every answer, from 1."
    )
    max_per_category: Integer | None = Field(
        default=_RULES.max_per_category,
        description="Most items of one category in an answer; null: any number.",
    )
    explore: Number = Field(
        default=_RULES.explore,
        description="Share of an answer's places that new items get by chance.",
    )
    new_below: Integer = Field(
        default=_RULES.new_below, description="Interactions from which an item is not new."
    )
    chance: Number = Field(
        default=_RULES.chance,
        description="How even-handed the choice among new items is, above 0 and at most 1.",
    )

    def rules(self, kinds: tuple[str, ...], dislikes: tuple[int, ...]) -> Rules:
        """The rules of serving, for these kinds of interaction. Raises InvalidParameter."""
        for name in self.show_again:
            if name not in kinds:
                among = f"of types that are learned: {', '.join(kinds)}"
                raise InvalidParameter("show_again", "the rules", among, name)
        waits = (self.show_again.get(kind) for kind in kinds)
        return Rules(
            reshow=tuple(inf if wait is None else wait / 1000 for wait in waits),
            dislikes=dislikes,
            blocked=self.blocked,
            boosts=tuple(boost.boost() for boost in self.boosts.values()),
            pins=tuple(Pin(place=place, item=item) for item, place in self.pins.items()),
            max_per_category=self.max_per_category,
            explore=self.explore,
            new_below=self.new_below,
            chance=self.chance,
        )


class OnChangeSettings(Section):
    """When a user who has done something is recommended something, unasked."""

    every: Duration = Field(
        default="1m",
        validate_default=True,
        description=(
            "Event time from one such record to the next of the same user, at least; what has "
            "changed meanwhile is told at its end. Null: after every interaction."
        ),
    )
    n: Integer = Field(default=10, ge=1, le=1000, description="How many items at most.")


SETTING_OF = {
    "models": "models",
    "kinds": "types",
    "history": "memory.history",
    "context": "memory.context",
    "half_lives": "trending.half_lives",
    "neighbours": "cooccurrence.neighbours",
    "n_factors": "factors.length",
    "n_negatives": "factors.negatives",
    "learning_rate": "factors.learning_rate",
    "regularisation": "factors.regularisation",
    "max_users": "memory.users",
    "max_items": "memory.items",
    "user_ttl": "memory.user_ttl",
    "item_ttl": "memory.item_ttl",
    "evaluate": "evaluation.share",
    "cutoff": "evaluation.k",
    "window": "evaluation.window",
    "seed": "seed",
    "times": "rules.boosts",
    "plus": "rules.boosts",
    "place": "rules.pins",
    **{
        name: f"rules.{name}"
        for name in ("show_again", "pins", "max_per_category", "explore", "new_below", "chance")
    },
}
"""Parameter of the models or their rules -> the setting that gives it."""
