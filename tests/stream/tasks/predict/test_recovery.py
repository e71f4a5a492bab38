"""Runners that are abandoned anywhere leave the outputs of one that was not."""

from __future__ import annotations

from itertools import count

import pytest

from stream.records import Outgoing, Record
from stream.tasks.predict import PredictTask
from tests.stream.runtime.harness import Run, outputs
from tests.stream.runtime.memory import MemoryTransport
from tests.stream.tasks.predict.harness import event, label, promotion, record, task

TOPICS = ("pages.predictions", "pages.metrics", "pages.changes", "pages.dlq")
MODELS = "{plain: LogisticRegression, trees: {ARFClassifier: {n_models: 2}}}"


def story() -> list[Record]:
    """Events of three sites, labels two events later, a promotion, a tombstone, and what is bad."""
    offset = count()
    records = []
    for turn in range(120):
        site = "abc"[turn % 3]
        size = float(turn * 7 % 11)
        records.append(event(next(offset), turn, site=site, size=size))
        if turn >= 6:
            was = turn - 6
            bad = was * 7 % 11 > 5
            records.append(label(next(offset), was, bad, site="abc"[was % 3]))
        if turn == 40:
            records.append(promotion(next(offset), "trees"))
        if turn == 70:
            records.append(record(next(offset), None, b"a"))
        if turn % 30 == 9:
            records.append(record(next(offset), b"{"))
    return records


def filled(made: PredictTask) -> MemoryTransport:
    transport = MemoryTransport()
    for spec in made.topics:
        transport.ensure_topic(spec)
    transport.append(
        [Outgoing("pages", r.key, r.value, r.headers, r.timestamp, 0) for r in story()]
    )
    return transport


@pytest.mark.parametrize("scope", ["entity", "partition"])
def test_abandoned_runs_leave_no_trace(scope: str) -> None:
    made = task(f"scope: {scope}", models=MODELS)
    calm, rough = filled(made), filled(made)
    Run(made, calm)()
    for polls in (2, 3, 1, 4, 2):
        torn = Run(made, rough, graceful=False, polls=polls, batch_size=17, snapshot_every=40)()
        assert torn.metric("cutstream_replay_mismatch_total") == 0
    last = Run(made, rough, batch_size=9, snapshot_every=40)()
    assert last.metric("cutstream_replay_mismatch_total") == 0
    assert last.metric("cutstream_replayed_records_total") > 0
    for topic in TOPICS:
        assert outputs(rough, topic) == outputs(calm, topic)
        assert any(outputs(calm, topic).values())


def test_a_predictor_counts_what_it_does() -> None:
    made = task(models=MODELS)
    ran = Run(made, filled(made))()
    assert ran.metric("cutstream_predictions_total", status="answered") == 120
    assert ran.metric("cutstream_labels_total", outcome="matched") == 114
    assert ran.metric("cutstream_model_judged_total", model="trees") > 100
    assert ran.metric("cutstream_model_changes_total", model="trees", change="promotion") == 1
    accuracy = ran.metric("cutstream_model_measure", model="trees", measure="accuracy")
    assert 0.0 < accuracy <= 1.0
    assert ran.metric("cutstream_dead_letters_total", reason="undecodable") == 4
