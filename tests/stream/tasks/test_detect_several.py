"""The detect task on detectors of several models."""

from __future__ import annotations

import json
import math
import random
from typing import Any

import jsonschema
import pytest

from models.detector import open_bank
from stream.codec import schema
from stream.errors import ConfigError
from stream.records import Record, TopicPartition
from stream.settings import loads
from stream.tasks.detect import DetectState, DetectTask

N, SPIKES = 500, (300, 301)
"""The second spike is another entity's."""
TREES = "{HalfSpaceTrees: {n_trees: 5, window_size: 40}}"


def task(models: str, combine: str = "max") -> DetectTask:
    settings = loads(
        f"""
        detectors:
          waves:
            input: {{topic: waves, key: name, features: [height]}}
            shingle_size: 2
            warmup: 60
            models: {models}
            combine: {combine}
            forest: {{n_trees: 5, sample_size: 32}}
        """
    )
    return DetectTask(settings, "waves", open_bank)


def opened(models: str) -> DetectState:
    return task(models).open(TopicPartition("waves", 0))


def records() -> list[Record]:
    rng = random.Random(5)
    found = []
    for offset in range(N):
        height = math.sin(offset // 2 / 5) + rng.gauss(0.0, 0.1)
        value = {"name": "ab"[offset % 2], "height": 40.0 if offset in SPIKES else height}
        data = json.dumps(value).encode()
        found.append(Record("waves", 0, offset, offset * 1_000, None, data, ()))
    return found


def read(state: DetectState) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The scores and the alerts of all records."""
    outputs = [output.record for output in state.process(records()).outputs]
    return tuple(  # type: ignore[return-value]  # a generator does not say that it is of two
        [json.loads(out.value or b"") for out in outputs if out.topic == f"waves.{kind}"]
        for kind in ("scores", "alerts")
    )


def test_spikes_are_explained_by_the_forest() -> None:
    scores, alerts = read(opened(f"[forest, {TREES}]"))
    score_schema = jsonschema.Draft202012Validator(schema("score"))
    for score in scores:
        score_schema.validate(score)
    for offset in SPIKES:
        assert scores[offset]["status"] == "anomaly"
        assert scores[offset]["attribution"] == {"height": {"share": 1.0, "direction": "high"}}
        assert scores[offset]["score"] > scores[offset]["threshold"] > 0.0
    assert any("higher than expected" in alert["title"] for alert in alerts)


def test_without_a_forest_the_reasons_say_that_nothing_is_explained() -> None:
    scores, alerts = read(opened("[StandardAbsoluteDeviation]"))
    for offset in SPIKES:
        assert scores[offset]["status"] == "anomaly"
        assert scores[offset]["attribution"] is None
        assert scores[offset]["reasons"] == ["score_above_threshold", "not_explained"]
    alert_schema = jsonschema.Draft202012Validator(schema("alert"))
    assert alerts
    for alert in alerts:
        alert_schema.validate(alert)
        assert alert["title"].endswith("shows an unusual pattern")


@pytest.mark.parametrize("cut", [1, 200, 302])
def test_replay_from_a_snapshot_gives_the_same_outputs(cut: int) -> None:
    models = f"[forest, {TREES}, OneClassSVM, [StandardScaler, LocalOutlierFactor]]"
    whole = [output for output in opened(models).process(records()).outputs if output.offset >= cut]
    first, second = opened(models), opened(models)
    for start in range(0, cut, 7):
        first.process(records()[start : min(start + 7, cut)])
    for entity in first.entities():
        second.load(entity, first.dump(entity), valid_at=cut)
    assert [o for o in second.process(records()).outputs if o.offset >= cut] == whole


def test_what_if_is_answered_by_all_models() -> None:
    asked = task(f"[forest, {TREES}]")
    state = asked.open(TopicPartition("waves", 0))
    state.process(records()[:290])
    inquiry = asked.inquiry
    usual, odd = inquiry.score(state, b"a", [{"height": 0.1}, {"height": 40.0}])
    assert (usual.status, odd.status) == ("normal", "anomaly")
    assert odd.attribution is not None
    standing = inquiry.standing(state, b"a")
    assert standing.observations == 145
    assert standing.threshold > 0.0
    assert len(standing.shingle) == 2
    assert len(inquiry.nearest(state, b"a", {"height": 0.1}, 3)) == 3


@pytest.mark.parametrize(
    ("models", "sentence"),
    [
        ("[]", "detectors.waves.models must be at least one model"),
        ("[woods]", "models whose steps is a class of River"),
        ("[{HalfSpaceTrees: {trees: 5}}]", r"models whose steps\.HalfSpaceTrees\.trees is one of"),
        ("[LinearRegression]", "must be anomaly models of River, got 'LinearRegression'"),
        ("[forest]\n            combine: sum", "detectors.waves.combine must be"),
    ],
)
def test_says_what_is_wrong_with_the_models(models: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        loads(
            f"""
        detectors:
          waves:
            input: {{topic: waves, features: [height]}}
            models: {models}
        """
        )
