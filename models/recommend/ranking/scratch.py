"""Room that kernels work in."""

from __future__ import annotations

import numpy as np

from models.recommend.content.projection import DIMENSIONS
from models.recommend.kernels.blend import LEADERS, POOL
from models.recommend.kernels.layout import AFTER_TRENDS, CLUSTERS, GROUPS, SUMS, Scratch


def new_scratch(
    capacity: int, context: int, neighbours: int, half_lives: int, width: int, *, content: bool
) -> Scratch:
    """Room for item rows below `capacity` and factors of `width`."""
    wide = DIMENSIONS if content else 0
    features = half_lives + AFTER_TRENDS
    return Scratch(
        sums=np.zeros((capacity, SUMS), np.float32),
        touched=np.zeros(context * neighbours + 1, np.int64),
        limits=np.zeros(context * neighbours + 1),
        marks=np.zeros(capacity, np.int64),
        serial=np.ones(1, np.int64),
        context=np.zeros(context, np.int64),
        away=np.zeros(context, np.float64),
        pool=np.zeros(POOL, np.int64),
        features=np.zeros((POOL, features)),
        scores=np.zeros(POOL),
        leaders=np.zeros(LEADERS, np.int64),
        leading=np.zeros(LEADERS),
        gradient=np.zeros(features),
        weights=np.zeros(features),
        wishes=np.zeros((3, wide), np.float32),
        sketch=np.zeros((1, wide), np.int16),
        taste=np.zeros((1, width), np.float32),
        reaches=np.zeros(CLUSTERS + 1),
        values=np.zeros((half_lives + GROUPS, 2)),
    )
