"""Random cut forests: one with River's verbs (RandomCutForest), many in one arena (ForestArena).

A high score is anomalous.
"""

from models.forest.arena import ForestArena
from models.forest.config import ForestConfig
from models.forest.forest import RandomCutForest

__all__ = ["ForestArena", "ForestConfig", "RandomCutForest"]
