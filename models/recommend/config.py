"""What makes one recommender: its models, what they remember, and how long."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from models.errors import InvalidParameter
from models.recommend.serving.rules import Rules

ModelName = Literal[
    "trending", "cooccurrence", "factors", "content", "neighbours", "ratings", "click"
]
MODELS: tuple[ModelName, ...] = get_args(ModelName)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommenderConfig:
    """The parameters of a recommender.

    models: which models learn; two or more are blended, one answers alone. "click" only ranks what others found.
    kinds: names of the kinds of interaction; `Interaction.kind` is a place among them.
    history: how many of a user's newest interactions are remembered.
    context: how many of them say what the user wants now, at most `history`.
    half_lives: in how many interactions popularity halves, ascending; several, since trends differ.
    neighbours: length of an item's list of co-occurring items.
    n_factors: length of the vectors of users and items.
    n_negatives: unseen items that each interaction is compared with.
    learning_rate, regularisation: of the factors.
    max_users, max_items: beyond these, those that were idle longest go.
    user_ttl, item_ttl: seconds of event time after which an idle one goes; None means never.
    evaluate: the share of interactions that are ranked before they are learned, from 0 to 1.
    cutoff: the k of recall@k and nDCG@k.
    window: ranked interactions that the moving measures are taken over.
    rules: what may be served, and where.
    seed: makes everything random in the recommender.

    Raises InvalidParameter.
    """

    models: tuple[ModelName, ...] = ("trending", "cooccurrence", "factors", "content")
    kinds: tuple[str, ...] = ("interaction",)
    history: int = 100
    context: int = 20
    half_lives: tuple[int, ...] = (200, 2_000, 20_000)
    neighbours: int = 100
    n_factors: int = 32
    n_negatives: int = 5
    learning_rate: float = 0.05
    regularisation: float = 0.01
    max_users: int = 5_000_000
    max_items: int = 1_000_000
    user_ttl: float | None = None
    item_ttl: float | None = None
    evaluate: float = 0.01
    cutoff: int = 10
    window: int = 5_000
    rules: Rules = field(default_factory=Rules)
    seed: int = 42

    def __post_init__(self) -> None:
        owner = "the recommender"
        if not self.models or len(set(self.models)) != len(self.models):
            raise InvalidParameter("models", owner, "at least one distinct name", self.models)
        for model in self.models:
            if model not in MODELS:
                raise InvalidParameter("models", owner, f"among {', '.join(MODELS)}", model)
        if not 1 <= len(self.kinds) <= 255 or len(set(self.kinds)) != len(self.kinds):
            raise InvalidParameter("kinds", owner, "1 to 255 distinct names", self.kinds)
        rules: list[tuple[str, bool, str]] = [
            ("history", 1 <= self.history <= 10_000, "from 1 to 10000"),
            ("context", 1 <= self.context <= self.history, "from 1 to the length of the history"),
            (
                "half_lives",
                1 <= len(self.half_lives) <= 16
                and list(self.half_lives) == sorted(set(self.half_lives))
                and 1 <= self.half_lives[0] <= self.half_lives[-1] <= 10**9,
                "1 to 16 numbers from 1 to 10**9, ascending",
            ),
            ("neighbours", 1 <= self.neighbours <= 1_000, "from 1 to 1000"),
            ("n_factors", 1 <= self.n_factors <= 512, "from 1 to 512"),
            ("n_negatives", 1 <= self.n_negatives <= 1_000, "from 1 to 1000"),
            ("learning_rate", 0.0 < self.learning_rate <= 1.0, "above 0 and at most 1"),
            ("regularisation", 0.0 <= self.regularisation <= 1.0, "from 0 to 1"),
            ("max_users", 1 <= self.max_users < 2**31, "from 1 to 2**31 - 1"),
            ("max_items", 1 <= self.max_items < 2**31, "from 1 to 2**31 - 1"),
            ("user_ttl", self.user_ttl is None or self.user_ttl > 0.0, "above 0, or null"),
            ("item_ttl", self.item_ttl is None or self.item_ttl > 0.0, "above 0, or null"),
            ("evaluate", 0.0 <= self.evaluate <= 1.0, "from 0 to 1"),
            ("cutoff", 1 <= self.cutoff <= 1_000, "from 1 to 1000"),
            ("window", 1 <= self.window <= 1_000_000, "from 1 to 1000000"),
            ("seed", 0 <= self.seed < 2**63, "from 0 to 2**63 - 1"),
        ]
        for name, holds, rule in rules:
            if not holds:
                raise InvalidParameter(name, owner, rule, getattr(self, name))
