"""How the records of a predictor's topics are read, as its settings say."""

from __future__ import annotations

from stream.codec.envelope import EnvelopeReader
from stream.codec.formats.reading import make_reader
from stream.codec.prediction.decoder import ToldDecoder
from stream.codec.prediction.features import FeatureReader
from stream.codec.prediction.labels import label_reader
from stream.registry import SchemaRegistry
from stream.settings.predictor import PredictorSettings


def event_decoder(settings: PredictorSettings, registry: SchemaRegistry | None) -> ToldDecoder:
    """The decoder of the input. registry: needed where its format is not json."""
    source = settings.input
    roles = _paths(*source.key, source.timestamp, source.id, source.label)
    # Where every field may be a feature, the whole document is looked at.
    looked_at = () if source.features is None else (*roles, *source.features.values())
    return ToldDecoder(
        EnvelopeReader(
            source.key, source.timestamp, make_reader(source.format, registry, looked_at)
        ),
        id=source.id,
        label=source.label,
        read_label=label_reader(settings.task, settings.classes),
        features=FeatureReader(
            source.features,
            categories=source.categories,
            apart=roles,
            needs_all=settings.missing == "dead-letter",
        ),
    )


def label_decoder(
    settings: PredictorSettings, registry: SchemaRegistry | None
) -> ToldDecoder | None:
    """The decoder of the topic of labels; None where there is none."""
    labels, source = settings.labels, settings.input
    if labels is None:
        return None
    event = labels.id or source.id
    label = labels.label or source.label
    looked_at = _paths(*settings.label_key, labels.timestamp, event, label)
    return ToldDecoder(
        EnvelopeReader(
            settings.label_key, labels.timestamp, make_reader(labels.format, registry, looked_at)
        ),
        id=event,
        label=label,
        read_label=label_reader(settings.task, settings.classes),
        features=None,
    )


def _paths(*paths: str | None) -> tuple[str, ...]:
    return tuple(path for path in paths if path is not None)
