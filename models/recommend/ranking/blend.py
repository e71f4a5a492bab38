"""The blend's weights: which models' features count, and how much."""

from __future__ import annotations

import numpy as np

from models.compiled import Doubles
from models.recommend.kernels import layout
from models.recommend.kernels.blend import LEADERS
from models.recommend.kernels.layout import AFTER_TRENDS, SITUATIONS
from models.recommend.store.columns import NOBODY, Column
from models.recommend.store.store import Store

RATE = 0.05
FIRST_SQUARES = 1.0
"""What AdaGrad takes for already seen: keeps the first steps small."""

FEATURES_OF = {
    "trending": (layout.GROUP,),
    "cooccurrence": (layout.TOGETHER, layout.LIFT, layout.NEXT, layout.SESSION),
    "content": (layout.LIKE, layout.LIKE_LAST, layout.LIKE_NEW),
    "factors": (layout.TASTE, layout.BIAS),
}
"""The features that a model brings, beside trending's half-lives."""

FIRST_WEIGHTS = {
    layout.TOGETHER: 0.1,
    layout.LIFT: 0.4,
    layout.NEXT: 0.1,
    layout.SESSION: 0.1,
    layout.LIKE: 0.1,
    layout.LIKE_LAST: 0.1,
    layout.LIKE_NEW: 0.5,
    layout.TASTE: 0.3,
}
"""Weights before anything is learned; popularity begins with 1, divided among the half-lives."""


class Blend:
    """Weights of the features of some models, learned online; see kernels.blend."""

    def __init__(self, store: Store, half_lives: int, models: frozenset[str]) -> None:
        n = half_lives + AFTER_TRENDS
        self._half_lives = half_lives
        self._whole = store.whole.table(
            "blend",
            Column("shared", np.float64, (n,)),
            Column("shared_squares", np.float64, (n,), fill=FIRST_SQUARES),
            Column("own", np.float64, (SITUATIONS, n)),
            Column("own_squares", np.float64, (SITUATIONS, n), fill=FIRST_SQUARES),
            Column("leaders", np.int32, (LEADERS,), fill=NOBODY, refers_to="items"),
            Column("looked", np.int64, fill=-64),
            Column("steps", np.int64),
        )
        self._active = np.zeros(n)
        if "trending" in models:
            self._active[:half_lives] = 1.0
        for model in sorted(models & FEATURES_OF.keys()):
            for feature in FEATURES_OF[model]:
                self._active[half_lives + feature] = 1.0
        self.arrays = self._taken()
        """What kernels take."""
        first = self.arrays.shared
        first[:half_lives] = 1.0 / half_lives
        for feature, weight in FIRST_WEIGHTS.items():
            first[half_lives + feature] = weight

    def _taken(self) -> layout.Blend:
        whole = self._whole
        return layout.Blend(
            shared=whole["shared"][0],
            shared_squares=whole["shared_squares"][0],
            own=whole["own"][0],
            own_squares=whole["own_squares"][0],
            active=self._active,
            leaders=whole["leaders"][0],
            looked=whole["looked"],
            steps=whole["steps"],
            rate=RATE,
        )

    def weights(self) -> Doubles:
        """(SITUATIONS, features): the weights in force."""
        blend = self.arrays
        return self._active * np.clip(blend.shared + blend.own, 0.0, 10.0)
