"""What matters most of a task's settings, in words."""

from __future__ import annotations

from collections.abc import Iterator

from models.detector.config import FOREST, DetectorConfig
from stream.settings.detector import DetectorSettings
from stream.settings.predictor import PredictorSettings
from stream.settings.recommender import RecommenderSettings
from stream.settings.task import READ, Role, TaskSettings
from stream.topics.wording import in_units

Fact = tuple[str, str]
"""What it is about, and what is so."""

_INNER = {Role.REKEYED, Role.SEQUENCED, Role.SNAPSHOTS}


def facts(task: TaskSettings) -> list[Fact]:
    """What a task reads, writes and does."""
    told = [("reads", ", ".join(_read(task)))]
    if isinstance(task, DetectorSettings):
        told += _of_detector(task)
    if isinstance(task, RecommenderSettings):
        told += _of_recommender(task)
    if isinstance(task, PredictorSettings):
        told += _of_predictor(task)
    written = (spec.name for role, spec in task.topics.items() if role not in READ | _INNER)
    return [*told, ("writes", ", ".join(written))]


def _read(task: TaskSettings) -> Iterator[str]:
    for role, spec in task.topics.items():
        if role in READ:
            named = "" if role == Role.INPUT else f"{role} from "
            yield f"{named}{spec.name}, {spec.partitions} partition(s)"


def _of_detector(detector: DetectorSettings) -> list[Fact]:
    source, config = detector.input, detector.config()
    rekeyed = f"; re-keyed through {detector.rekeyed.topic}" if detector.rekeys else ""
    features = ", ".join(
        name if name == path else f"{name} ({path})" for name, path in source.features.items()
    )
    # Which models wait for how many scores of their own, only they know.
    earliest = " at the earliest" if config.river_models else ""
    return [
        ("entity", (", ".join(source.key) or "the record's key") + rekeyed),
        ("time", source.timestamp or "the record's timestamp"),
        ("features", f"{features}; missing: {source.missing}"),
        *_models(config),
        (
            "judges",
            f"from record {config.records_to_warm + 1:,} of an entity on{earliest}, "
            f"alarm rate {detector.decision.alarm_rate:g}",
        ),
    ]


def _models(config: DetectorConfig) -> list[Fact]:
    forest = (
        f"{config.n_trees} trees of {config.sample_size} shingles of {config.shingle_size}, "
        f"{config.score}"
    )
    told = [("forest", forest)] if FOREST in config.models else []
    if config.river_models:
        names = ", ".join(map(_named, config.river_models))
        told.append(("models", f"{names} of River; opinions: {config.combine}"))
    return told


def _named(model: str | dict[str, object] | list[str | dict[str, object]]) -> str:
    """A class by its name, a pipeline by its steps."""
    if isinstance(model, list):
        return " | ".join(map(_named, model))
    return model if isinstance(model, str) else next(iter(model))


def _of_recommender(recommender: RecommenderSettings) -> list[Fact]:
    source, change, memory = recommender.input, recommender.on_change, recommender.memory
    types = ", ".join(f"{name} {_meaning(said)}" for name, said in recommender.types.items())
    if change is None:
        unasked = "nothing"
    else:
        often = (
            "after every interaction"
            if change.every is None
            else f"at most once in {in_units(change.every)} to a user"
        )
        unasked = f"{change.n} items, {often}"
    order = f"all in one order in {recommender.sequenced.topic}"
    return [
        ("user, item", f"{source.user}, {source.item}"),
        ("time", source.timestamp or "the record's timestamp"),
        ("types", f"{types} ({source.type or 'all are of one type'})"),
        ("through", order if recommender.sequences else "nothing between: it is one partition"),
        ("models", ", ".join(recommender.models)),
        ("remembers", f"{memory.users:,} users, {memory.items:,} items"),
        ("recommends", f"unasked: {unasked}"),
    ]


def _of_predictor(predictor: PredictorSettings) -> list[Fact]:
    source, labels, drift = predictor.input, predictor.labels, predictor.drift
    through = f"; through {predictor.sequenced.topic}" if predictor.sequences else ""
    features = "every other field" if source.features is None else ", ".join(source.features)
    named = source.label if labels is None else labels.label or source.label
    first = predictor.config().first_champion
    models = ", ".join(f"{name} (champion)" if name == first else name for name in predictor.models)
    return [
        ("entity", (", ".join(source.key) or "the record's key") + through),
        ("time", source.timestamp or "the record's timestamp"),
        ("features", f"{features}; missing: {predictor.missing}"),
        ("label", f"{named}, within {in_units(predictor.deadline)}"),
        ("models", f"{models}; one state per {predictor.scope}"),
        ("drift", f"{drift.detector or 'not watched'}, {drift.policy}"),
    ]


def _meaning(said: float | str) -> str:
    return said if isinstance(said, str) else f"{said:g}"
