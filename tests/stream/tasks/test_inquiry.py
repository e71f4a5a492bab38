"""What-if questions: the very words of the score record that would come, and nothing changed."""

from __future__ import annotations

import json
import math
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.detector import DetectorBank
from models.errors import InvalidParameter
from stream.records import Record, TopicPartition
from stream.settings import loads
from stream.tasks.detect import DetectState, DetectTask

TP = TopicPartition("pumps", 0)
FIELDS = (
    *("values", "score", "probability", "grade", "confidence", "threshold"),
    *("status", "reasons", "imputed", "observations"),
)


def make_task(missing: str = "impute") -> DetectTask:
    configuration = f"""
detectors:
  pumps:
    input: {{topic: pumps, features: {{flow: flow, heat: heat}}, missing: {missing}}}
    shingle_size: 2
    warmup: 40
    forest: {{n_trees: 5, sample_size: 32}}
"""
    return DetectTask(loads(configuration), "pumps", DetectorBank)


def record(offset: int, values: dict[str, Any], key: bytes = b"a") -> Record:
    return Record("pumps", 0, offset, 1000 + offset, key, json.dumps(values).encode(), ())


def filled(task: DetectTask, count: int = 90) -> DetectState:
    state = task.open(TP)
    state.process([record(at, row(at)) for at in range(count)])
    return state


def row(at: int) -> dict[str, float]:
    return {"flow": math.sin(at), "heat": 20.0 + at % 5}


numbers = st.none() | st.floats(-1e6, 1e6)


@given(st.integers(1, 90), st.dictionaries(st.sampled_from(["flow", "heat"]), numbers))
@settings(max_examples=30, deadline=None)
def test_the_answer_is_the_record_that_would_come(count: int, values: dict[str, Any]) -> None:
    task = make_task()
    state = filled(task, count)
    before = state.dump(b"a")
    (told,) = task.inquiry.score(state, b"a", [values])
    assert state.dump(b"a") == before
    output, *_ = state.process([record(count, values)]).outputs
    came = json.loads(output.record.value or b"")
    said = msgspec.json.decode(msgspec.json.encode(told._asdict()))
    assert {name: said[name] for name in FIELDS} == {name: came[name] for name in FIELDS}
    if came["status"] == "anomaly":
        assert (said["expected"], said["attribution"]) == (came["expected"], came["attribution"])


def test_several_rows_are_alternatives_not_a_sequence() -> None:
    task = make_task()
    state = filled(task)
    rows = [row(90), {"flow": 1e4, "heat": 20.0}, row(90)]
    first, odd, again = task.inquiry.score(state, b"a", rows)
    assert first == again
    assert odd.status == "anomaly"
    assert first.observations == odd.observations == 91
    assert odd.attribution is not None
    assert odd.attribution["flow"].share > 0.5
    assert first.expected is not None
    assert first.status == "normal"


def test_a_row_that_would_be_skipped_is_told_so() -> None:
    task = make_task("skip")
    state = filled(task)
    told = task.inquiry.score(state, b"a", [{"flow": 1.0}, row(90), {"heat": None}])
    assert [one.status for one in told] == ["suppressed", "normal", "suppressed"]
    assert told[0].reasons == ("missing_feature",)


def test_a_row_that_would_be_a_dead_letter_is_refused() -> None:
    task = make_task("dead-letter")
    state = filled(task)
    with pytest.raises(InvalidParameter, match="'heat'"):
        task.inquiry.score(state, b"a", [row(90), {"flow": 1.0}])


def test_a_feature_that_the_detector_has_not_is_refused() -> None:
    task = make_task()
    with pytest.raises(InvalidParameter, match="flow, heat"):
        task.inquiry.score(filled(task), b"a", [{"flwo": 1.0}])


def test_an_entity_without_state_is_an_error_and_stays_unknown() -> None:
    task = make_task()
    state = filled(task)
    with pytest.raises(KeyError):
        task.inquiry.score(state, b"b", [row(90)])
    assert list(state.entities()) == [b"a"]


def test_the_nearest_neighbours_are_named_shingles() -> None:
    task = make_task()
    state = filled(task)
    found = task.inquiry.nearest(state, b"a", row(90), 3)
    assert [n.distance for n in found] == sorted(n.distance for n in found)
    assert all(n.age >= 1 for n in found)
    assert all([list(r) for r in n.shingle] == [["flow", "heat"]] * 2 for n in found)


def test_where_an_entity_stands() -> None:
    task = make_task()
    state = filled(task)
    before = state.dump(b"a")
    standing = task.inquiry.standing(state, b"a")
    assert state.dump(b"a") == before
    assert (standing.observations, standing.warmup) == (90, 40)
    output, *_ = state.process([record(90, row(90))]).outputs
    assert standing.threshold == json.loads(output.record.value or b"")["threshold"]
    assert standing.shingle[-1] == pytest.approx(row(89), rel=1e-3)
    young = filled(task, 3)
    assert task.inquiry.standing(young, b"a").threshold == 0.0
    assert task.inquiry.standing(young, b"a").shingle == []
