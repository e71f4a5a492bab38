"""The detect task on the real detectors."""

from __future__ import annotations

import json
import math

import jsonschema

from models.detector import DetectorBank
from stream.codec import schema
from stream.records import Record, TopicPartition
from stream.settings import loads
from stream.tasks.detect import DetectState, DetectTask

N, SPIKE = 600, 599


def opened() -> DetectState:
    settings = loads(
        """
        detectors:
          waves:
            input: {topic: waves, key: name, features: [height, slope]}
            shingle_size: 4
            forest: {n_trees: 10, sample_size: 64}
        """
    )
    return DetectTask(settings, "waves", DetectorBank).open(TopicPartition("waves", 0))


def records() -> list[Record]:
    found = []
    for offset in range(N):
        phase = offset // 2 / 5
        value: dict[str, object] = {"name": "ab"[offset % 2], "height": math.sin(phase)}
        if offset % 50 != 7:
            value["slope"] = math.cos(phase)
        if offset == SPIKE:
            value["height"] = 40.0
        data = json.dumps(value).encode()
        found.append(Record("waves", 0, offset, offset * 1_000, None, data, ()))
    return found


def test_a_spike_is_found_explained_and_survives_a_snapshot() -> None:
    whole = opened().process(records()).outputs
    validator = jsonschema.Draft202012Validator(schema("score"))
    scores = [json.loads(output.record.value or b"") for output in whole]
    for score in scores:
        validator.validate(score)
    assert {"warming", "normal"} <= {score["status"] for score in scores}
    assert scores[57]["imputed"] == ["slope"]
    spike = scores[SPIKE]
    assert spike["status"] == "anomaly"
    assert spike["attribution"]["height"]["direction"] == "high"
    assert spike["attribution"]["height"]["share"] > 0.5
    assert spike["expected"]["height"]["value"] < 2.0

    first, second = opened(), opened()
    for start in range(0, 400, 7):
        first.process(records()[start : min(start + 7, 400)])
    for entity in first.entities():
        second.load(entity, first.dump(entity), valid_at=400)
    assert second.process(records()).outputs == whole[400:]
