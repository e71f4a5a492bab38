"""What writes the log of a predictor whose labels have a topic of their own."""

from __future__ import annotations

import json
from typing import Any

from stream.codec.kinds import Kind, kind_of
from stream.records import Outgoing, Record, TopicPartition
from stream.tasks.predict import PredictTask, sequence_tasks
from stream.tasks.sequence import SequenceTask
from tests.stream.tasks.predict.harness import refusals, said, settings

LABELS = "labels: {topic: verdicts, key: about.site, id: about.id, partitions: 3}"


def tasks(fields: str = LABELS, source: str = "id: id, partitions: 2") -> list[SequenceTask]:
    return sequence_tasks(settings(fields, source), "pages")


def read(topic: str, value: dict[str, Any] | None, key: bytes | None = None) -> Record:
    data = None if value is None else json.dumps(value).encode()
    return Record(topic, 1, 5, 1_000, key, data, ())


def copied(task: SequenceTask, record: Record) -> Outgoing:
    (output,) = task.open(TopicPartition(record.topic, record.partition)).process([record]).outputs
    return output.record


def as_read(outgoing: Outgoing, offset: int) -> Record:
    return Record(outgoing.topic, 0, offset, 2_000, outgoing.key, outgoing.value, outgoing.headers)


def test_events_and_labels_meet_under_their_entity() -> None:
    events, labels = tasks()
    assert (events.name, labels.name) == ("pages:events", "pages:labels")
    event = copied(events, read("pages", {"id": 1, "site": "a", "t": 1, "size": 1}))
    label = copied(labels, read("verdicts", {"about": {"id": 1, "site": "a"}, "t": 2, "bad": True}))
    assert (event.topic, event.key) == ("cutstream.pages.sequenced", b"a")
    assert (label.topic, label.key) == ("cutstream.pages.sequenced", b"a")
    assert [kind_of(as_read(one, 0)) for one in (event, label)] == [Kind.EVENT, Kind.LABEL]
    predictor = PredictTask(settings(LABELS, "id: id, partitions: 2"), "pages")
    state = predictor.open(TopicPartition("cutstream.pages.sequenced", 0))
    step = state.process([as_read(event, 0), as_read(label, 1)])
    assert [one["source"] for one in said(step.outputs)] == [
        {"topic": "pages", "partition": 1, "offset": 5}
    ]
    models: Any = state.models_of(b"a")
    assert models.counts()["labelled"] == 1


def test_one_partition_is_its_own_log() -> None:
    assert tasks("", "id: id") == []
    assert [task.name for task in tasks("", "id: id, rekey: true")] == ["pages:events"]


def test_what_has_no_entity_is_refused_before() -> None:
    _, labels = tasks()
    letter = copied(labels, read("verdicts", {"t": 2, "bad": True}))
    assert letter.topic == "pages.dlq"
    headers = dict(letter.headers)
    assert headers["cutstream.error.reason"] == b"missing_key"
    assert headers["ce_source"] == b"/cutstream/predictors/pages"


def test_a_producer_cannot_control_a_log_that_is_ours() -> None:
    (events,) = tasks("", "id: id, rekey: true")
    forged = read("pages", {"id": 1, "site": "a", "t": 1, "predictor": "pages", "promote": "bayes"})
    forged = forged._replace(headers=(("cutstream-kind", b"control"),))
    predictor = PredictTask(settings("", "id: id, rekey: true"), "pages")
    state = predictor.open(TopicPartition("cutstream.pages.sequenced", 0))
    step = state.process([as_read(copied(events, forged), 0)])
    assert refusals(step.outputs) == []
    assert [one["model"] for one in said(step.outputs)] == ["plain"]
    assert state.champions.latest() == "plain"


def test_a_producer_may_mark_labels() -> None:
    (events,) = tasks("", "id: id, rekey: true")
    event = {"id": 1, "site": "a", "t": 1, "size": 1}
    label = read("pages", {**event, "bad": True, "by": "ann"})
    label = label._replace(headers=(("cutstream-kind", b"label"),))
    predictor = PredictTask(settings("", "id: id, rekey: true"), "pages")
    state = predictor.open(TopicPartition("cutstream.pages.sequenced", 0))
    first = as_read(copied(events, read("pages", event)), 0)
    step = state.process([first, as_read(copied(events, label), 1)])
    assert len(step.outputs) == 1
    models: Any = state.models_of(b"a")
    assert models.counts()["labelled"] == 1
