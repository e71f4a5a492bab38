"""River's models on a stream: predictions at once, labels later, each judged before it is learned.

Numbers in, numbers out. What a model is comes from configuration (`build`), what it knows goes through `envelope`.
"""

from models.online.build import build
from models.online.config import DriftConfig, PredictorConfig
from models.online.predictor import Predictor
from models.online.records import Answer, Drift, Feature, Label, Learned, Prediction

__all__ = [
    "Answer",
    "Drift",
    "DriftConfig",
    "Feature",
    "Label",
    "Learned",
    "Prediction",
    "Predictor",
    "PredictorConfig",
    "build",
]
