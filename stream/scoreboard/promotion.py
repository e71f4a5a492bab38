"""Promoting a model: a control record in every partition of the predictor's log."""

from __future__ import annotations

from stream.codec.prediction.control import promotion_record
from stream.errors import ConfigError, UnknownTopic
from stream.records import Appended
from stream.settings import Settings
from stream.settings.predictor import PredictorSettings
from stream.transports.protocol import Transport


def predictor(settings: Settings, name: str) -> PredictorSettings:
    """The settings of a predictor. Raises ConfigError for a name that is not configured."""
    found = settings.predictors.get(name)
    if found is None:
        known = ", ".join(settings.predictors) or "none, as none is configured"
        raise ConfigError("predictors", [f"The predictor must be one of {known}, got '{name}'."])
    return found


def promote(
    settings: Settings, log: Transport, name: str, model: str, micros: int
) -> list[Appended]:
    """Make a model champion from here on; returns where that stands, by partition.

    micros: now, in microseconds since the epoch, as the record will tell it.

    Raises ConfigError for an unknown predictor or model, UnknownTopic where its log is not there.
    """
    chosen = predictor(settings, name)
    if model not in chosen.models:
        known = ", ".join(chosen.models)
        raise ConfigError(
            "predictors", [f"The model to promote must be one of {known}, got '{model}'."]
        )
    topic = chosen.log_topic
    info = log.topics().get(topic)
    if info is None:
        raise UnknownTopic(
            f"The log of the predictor must exist, but there is no topic '{topic}'; a worker makes it."
        )
    return log.append(
        [
            promotion_record(topic, partition, name, model, micros)
            for partition in range(info.spec.partitions)
        ]
    )
