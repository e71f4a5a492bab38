from __future__ import annotations

import pytest

from stream.records import TopicPartition
from stream.tasks.predict import OWN
from stream.tasks.protocol import ModelError, PartitionState, SharedState, Task
from stream.transports.protocol import TopicSpec
from tests.stream.tasks.predict.harness import (
    event,
    label,
    record,
    refusals,
    said,
    state,
    task,
)

OF_ENTITIES = "scope: entity"


def test_the_contract_is_kept() -> None:
    as_task: Task = task()
    as_state: PartitionState = as_task.open(TopicPartition("pages", 0))
    assert not isinstance(as_state, SharedState)
    assert list(as_state.entities()) == []
    assert OWN not in as_state
    assert as_task.name == "pages"
    assert as_task.inputs == ("pages",)
    assert as_task.topics == (
        TopicSpec("pages", 1),
        TopicSpec("pages.predictions", 1),
        TopicSpec("pages.metrics", 1),
        TopicSpec("pages.changes", 1),
        TopicSpec("pages.dlq", 1),
        TopicSpec("cutstream.pages.snapshots", 1, compact=True),
    )
    with pytest.raises(ValueError, match="must be 'pages', got 'other'"):
        as_task.open(TopicPartition("other", 0))


def test_a_prediction() -> None:
    (output,) = state().process([event(0, 7, t=2.5, size=1.0)]).outputs
    assert said([output]) == [
        {
            "predictor": "pages",
            "entity": "a",
            "id": "7",
            "time": "1970-01-01T00:00:02.500000Z",
            "prediction": False,
            "probabilities": {"false": 0.5, "true": 0.5},
            "model": "plain",
            "models": {
                "plain": {
                    "prediction": False,
                    "probabilities": {"false": 0.5, "true": 0.5},
                    "error": None,
                },
                "bayes": {"prediction": None, "probabilities": None, "error": None},
            },
            "imputed": [],
            "labels": 0,
            "source": {"topic": "pages", "partition": 0, "offset": 0},
        }
    ]
    assert (output.entity, output.offset) == (OWN, 0)
    assert output.record[:2] == ("pages.predictions", b"a")
    assert (output.record.timestamp, output.record.partition) == (2_500, 0)
    headers = {name: value.decode() for name, value in output.record.headers}
    assert headers == {
        "ce_specversion": "1.0",
        "ce_type": "io.cutstream.prediction.v1",
        "ce_source": "/cutstream/predictors/pages",
        "ce_id": "pages-0-0-pages",
        "ce_time": "1970-01-01T00:00:02.500000Z",
        "ce_subject": "a",
        "content-type": "application/json",
    }


def test_an_event_without_an_id_is_called_after_its_place() -> None:
    ours = state(source="").process([record(3, {"site": "a", "t": 1, "size": 2})])
    assert said(ours.outputs)[0]["id"] == "pages-0-3"


def test_a_later_label_is_learned() -> None:
    ours = state()
    ours.process([event(0, 1, size=1.0), event(1, 2, size=-1.0), label(2, 1, True)])
    ours.process([label(3, 2, False)])
    (then,) = said(ours.process([event(4, 3, size=1.0)]).outputs)
    assert then["labels"] == 2
    assert then["prediction"] is True
    assert then["models"]["bayes"]["prediction"] is not None


def test_an_event_with_its_label_is_predicted_first() -> None:
    ours = state()
    first, second = (
        said(
            ours.process(
                [record(at, {"id": at, "site": "a", "t": at, "size": 1, "bad": True})]
            ).outputs
        )
        for at in range(2)
    )
    assert [first[0]["labels"], second[0]["labels"]] == [0, 1]
    assert first[0]["prediction"] is False
    assert second[0]["prediction"] is True


def test_a_label_that_repeats_its_event_is_no_other_event() -> None:
    ours = state()
    ours.process([event(0, 1, size=1.0)])
    again = record(1, {"id": 1, "site": "a", "t": 1, "size": 1.0, "bad": True})
    assert ours.process([again]).outputs == []
    assert ours.models_of(b"a").counts()["labelled"] == 1


def test_metrics_come_every_so_many_labels() -> None:
    ours = state()
    outputs = []
    for at in range(0, 24, 2):
        outputs += ours.process([event(at, at, size=at), label(at + 1, at, at % 4 == 0)]).outputs
    metrics = said(outputs, "metrics")
    assert [one["labels"] for one in metrics] == [5, 10]
    assert metrics[-1]["entity"] is None
    assert metrics[-1]["model"] == "plain"
    assert metrics[-1]["source"] == {"topic": "pages", "partition": 0, "offset": 19}
    assert metrics[-1]["events"]["pending"] == 0
    for one in metrics[-1]["models"].values():
        assert one["window"]["labels"] == one["total"]["labels"] <= 10
        assert 0.0 <= one["total"]["accuracy"] <= 1.0
        assert sum(cell["count"] for cell in one["confusion"]) == one["total"]["labels"]


def test_entities_may_have_models_of_their_own() -> None:
    ours = state(OF_ENTITIES)
    step = ours.process([event(0, 1), event(1, 1, site="b"), label(2, 1, True, site="b")])
    assert [output.entity for output in step.outputs] == [b"a", b"b"]
    assert step.changed == {b"a": 0, b"b": 1}
    assert sorted(ours.entities()) == [b"a", b"b"]
    assert ours.models_of(b"a").counts()["labelled"] == 0
    assert ours.models_of(b"b").counts()["labelled"] == 1


def test_entities_share_the_models_of_their_partition() -> None:
    ours = state()
    step = ours.process([event(0, 1), label(1, 1, True), event(2, 2, site="b")])
    assert step.changed == {OWN: 0}
    assert list(ours.entities()) == [OWN]
    assert [one["labels"] for one in said(step.outputs)] == [0, 1]
    assert [one["entity"] for one in said(step.outputs)] == ["a", "b"]


def test_labels_of_nobody_leave_no_trace() -> None:
    ours = state(OF_ENTITIES)
    assert ours.process([label(0, 1, True)]) == ([], {}, {})
    assert list(ours.entities()) == []
    (_, ((metric, labels), count)) = (None, *ours.observed().labelled.items())
    assert (metric.name, labels, count) == ("cutstream_labels_total", ("unmatched",), 1)


def test_an_entity_is_forgotten() -> None:
    ours = state(OF_ENTITIES)
    ours.process([event(0, 1), event(1, 1, site="b")])
    step = ours.process([record(2, None, b"a"), record(3, None, b"nobody")])
    assert step == ([], {b"a": 2}, {b"a": 2})
    assert list(ours.entities()) == [b"b"]
    (anew,) = said(ours.process([event(4, 2)]).outputs)
    assert anew["labels"] == 0


def test_shared_models_do_not_forget_one_of_many() -> None:
    ours = state()
    ours.process([event(0, 1)])
    assert ours.process([record(1, None, b"a")]) == ([], {}, {})
    assert ours.models_of(b"a").counts()["predicted"] == 1


def test_bad_input_is_a_dead_letter_and_changes_nothing() -> None:
    ours = state()
    faulty = [
        record(0, b"{"),
        record(1, None),
        record(2, {"id": 1, "t": 1, "size": 1}),
        record(3, {"id": 1, "site": "a", "size": 1}),
        record(4, {"site": "a", "t": 1, "size": 1}),
        event(5, [1], size=1),
        record(6, {"id": 1, "site": "a", "t": 1}),
        event(7, 1, size=1e200),
        event(8, 1, kind="x", size=float("inf")),
        label(9, 1, {"a": 1}),
        label(10, 1, 0.5),
        record(11, {"id": 1, "site": "a", "t": 1}, kind="label"),
        record(12, {"id": 1, "site": "a", "t": 1, "size": 1}, kind="item"),
        record(13, {"promote": "plain"}, kind="control"),
    ]
    step = ours.process(faulty)
    assert [reason for reason, _ in refusals(step.outputs)] == [
        *("undecodable", "null_value", "missing_key", "missing_timestamp", "missing_id"),
        *("missing_id", "missing_feature", "too_large", "infinite", "bad_label", "bad_label"),
        *("bad_label", "wrong_kind", "bad_control"),
    ]
    assert step.changed == {}
    assert all(output.entity is None for output in step.outputs)
    assert list(ours.entities()) == []
    assert sum(ours.observed().dead_letters.values()) == len(faulty)


def test_a_bad_label_leaves_the_prediction() -> None:
    ours = state()
    ours.process([event(0, 1), label(1, 1, True)])
    step = ours.process([record(2, {"id": 2, "site": "a", "t": 2, "size": 1, "bad": "maybe"})])
    assert [one["id"] for one in said(step.outputs)] == ["2"]
    assert refusals(step.outputs) == [
        (
            "bad_label",
            "The 'label' of the event must be true or false, as those before, got 'maybe'.",
        )
    ]
    assert ours.models_of(b"a").waits("2", 2.0)


def test_a_record_that_is_refused_names_the_reason() -> None:
    output = state().refuse(event(4, 1), ModelError("KeyError: 'x'", "state.py:1 in f"))
    assert refusals([output]) == [("model_error", "KeyError: 'x'")]
    headers = dict(output.record.headers)
    assert headers["ce_source"] == b"/cutstream/predictors/pages"
    assert headers["cutstream.error.traceback"] == b"state.py:1 in f"


def test_the_entity_of_a_record() -> None:
    shared, apart = state(), state(OF_ENTITIES)
    assert shared.entity_of(event(0, 1)) == OWN
    assert apart.entity_of(event(0, 1)) == b"a"
    assert apart.entity_of(record(0, None, b"a")) == b"a"
    assert shared.entity_of(record(0, None, b"a")) is None
    assert apart.entity_of(record(0, b"{")) is None
