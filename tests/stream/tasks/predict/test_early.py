"""A topic of labels may be ahead of the topic of events."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stream.codec.kinds import Kind
from stream.codec.origin import with_origin
from stream.records import Record, TopicPartition
from stream.tasks.predict import OWN, PredictState
from tests.stream.tasks.predict.harness import said, task

LABELS = "labels: {topic: verdicts, timestamp: t}\n            deadline: 10s"


def opened(fields: str = "") -> PredictState:
    made = task(f"{LABELS}\n            {fields}")
    return made.open(TopicPartition("cutstream.pages.sequenced", 0))


def sequenced(offset: int, kind: Kind, value: dict[str, Any]) -> Record:
    topic = "pages" if kind == Kind.EVENT else "verdicts"
    source = Record(topic, 0, 100 + offset, 1_000, b"k", json.dumps(value).encode(), ())
    headers = with_origin(source, kind)
    return Record("cutstream.pages.sequenced", 0, offset, 2_000, b"a", source.value, headers)


def event(offset: int, id: int, t: float = 0, site: str = "a") -> Record:
    return sequenced(offset, Kind.EVENT, {"id": id, "site": site, "t": t, "size": 1})


def label(offset: int, id: int, t: float = 0, bad: object = True, site: str = "a") -> Record:
    return sequenced(offset, Kind.LABEL, {"id": id, "site": site, "t": t, "bad": bad})


def labelled(ours: PredictState) -> int:
    models: Any = ours.models_of(b"a")
    return int(models.counts()["labelled"])


@pytest.mark.parametrize("scope", ["entity", "partition"])
def test_a_label_waits_for_its_event(scope: str) -> None:
    ours = opened(f"scope: {scope}")
    assert ours.process([label(0, 1, t=5)]).outputs == []
    assert list(ours.entities()) == [b"a" if scope == "entity" else OWN]
    (told,) = said(ours.process([event(1, 1, t=3)]).outputs)
    assert (told["labels"], told["prediction"]) == (0, False)
    assert told["source"] == {"topic": "pages", "partition": 0, "offset": 101}
    assert labelled(ours) == 1


def test_a_label_waits_no_longer_than_the_deadline() -> None:
    ours = opened()
    ours.process([label(0, 1, t=5), event(1, 1, t=15.1), label(2, 2, t=5), event(3, 2, t=15)])
    assert labelled(ours) == 1


def test_a_label_that_comes_later_than_the_deadline_of_its_event_is_not_learned() -> None:
    ours = opened()
    ours.process([label(0, 1, t=20), event(1, 1, t=5)])
    assert labelled(ours) == 0


def test_too_many_waiting_labels_make_room() -> None:
    ours = opened("max_pending: 2")
    ours.process([label(at, at) for at in range(3)])
    ours.process([event(3 + at, at) for at in range(3)])
    assert labelled(ours) == 2


def test_waiting_labels_are_saved() -> None:
    first, second = opened(), opened()
    first.process([label(0, 1), label(1, 2, bad=False)])
    second.load(OWN, first.dump(OWN), 2)
    for ours in (first, second):
        ours.process([event(2, 2), event(3, 1)])
    assert labelled(first) == labelled(second) == 2
    assert first.process([event(4, 9)]) == second.process([event(4, 9)])


def test_a_tombstone_of_the_labels_forgets_nobody() -> None:
    ours = opened("scope: entity")
    ours.process([event(0, 1)])
    gone = Record("verdicts", 0, 7, 1_000, b"a", None, ())
    headers = with_origin(gone, Kind.LABEL)
    step = ours.process([Record("cutstream.pages.sequenced", 0, 1, 0, b"a", None, headers)])
    assert [dict(o.record.headers)["cutstream.error.reason"] for o in step.outputs] == [
        b"null_value"
    ]
    assert list(ours.entities()) == [b"a"]


def test_outputs_stand_in_the_partition_of_the_log() -> None:
    made = task(LABELS, source="id: id, partitions: 4")
    ours = made.open(TopicPartition("cutstream.pages.sequenced", 3))
    (output,) = ours.process([event(0, 1)._replace(partition=3)]).outputs
    assert output.record.partition == 3
    assert made.inputs == ("cutstream.pages.sequenced",)
    assert {spec.name: spec.partitions for spec in made.topics}["pages.predictions"] == 4
