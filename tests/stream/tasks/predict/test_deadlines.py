from __future__ import annotations

from typing import Any

from stream.metrics import table
from stream.tasks.predict import PredictState
from tests.stream.tasks.predict.harness import event, label, said, state

SECONDS_10 = "deadline: 10s"


def seen(ours: PredictState) -> dict[tuple[str, ...], float]:
    return {
        (metric.name, *labels): count
        for (metric, labels), count in ours.observed().labelled.items()
        if metric.kind == "counter"
    }


def counts(ours: PredictState, site: bytes = b"a") -> dict[str, int]:
    models: Any = ours.models_of(site)
    return dict(models.counts())


def test_an_event_without_a_label_is_forgotten_at_its_deadline() -> None:
    ours = state(SECONDS_10)
    ours.process([event(0, 1, t=0), event(1, 2, t=5), event(2, 3, t=10)])
    assert counts(ours)["pending"] == 3
    ours.process([event(3, 4, t=10.5)])
    assert (counts(ours)["pending"], counts(ours)["expired"]) == (3, 1)
    assert seen(ours)[table.EXPIRED.name,] == 1


def test_a_label_at_the_deadline_is_in_time_and_one_after_it_is_not() -> None:
    ours = state(SECONDS_10)
    ours.process([event(0, 1, t=0), event(1, 2, t=0), label(2, 1, True, t=10)])
    assert counts(ours)["labelled"] == 1
    ours.process([label(3, 2, True, t=10.001)])
    found = counts(ours)
    assert (found["labelled"], found["unknown"], found["expired"]) == (1, 1, 1)
    assert seen(ours) == {
        (table.PREDICTIONS.name, "answered"): 2,
        (table.LABELS.name, "matched"): 1,
        (table.LABELS.name, "unmatched"): 1,
        (table.EXPIRED.name,): 1,
        (table.JUDGED.name, "plain"): 1,
        (table.MODEL_ERROR_SUM.name, "plain"): 1.0,
    }


def test_a_time_that_goes_backwards_brings_nothing_back() -> None:
    ours = state(SECONDS_10)
    ours.process([event(0, 1, t=0), event(1, 2, t=100), label(2, 1, True, t=5)])
    assert counts(ours)["unknown"] == 1
    ours.process([event(3, 3, t=50), label(4, 3, True, t=55)])
    assert counts(ours)["labelled"] == 1
    assert counts(ours)["pending"] == 1


def test_a_second_label_of_an_event_is_counted_and_not_learned() -> None:
    ours = state()
    ours.process([event(0, 1), label(1, 1, True), label(2, 1, False)])
    assert (counts(ours)["labelled"], counts(ours)["unknown"]) == (1, 1)


def test_too_many_waiting_events_make_room() -> None:
    ours = state("max_pending: 2")
    ours.process([event(at, at) for at in range(4)])
    assert (counts(ours)["pending"], counts(ours)["crowded_out"]) == (2, 2)
    ours.process([label(4, 0, True), label(5, 3, True)])
    assert (counts(ours)["labelled"], counts(ours)["unknown"]) == (1, 1)


def test_metrics_tell_what_became_of_events() -> None:
    ours = state(f"{SECONDS_10}\n            max_pending: 100")
    outputs = ours.process([event(0, "lost", t=0), label(1, "nobody", True, t=0)]).outputs
    for at in range(5):
        outputs += ours.process([event(at, at, t=20), label(at, at, True, t=20)]).outputs
    (metrics,) = said(outputs, "metrics")
    assert metrics["events"] == {
        "predicted": 6,
        "skipped": 0,
        "labelled": 5,
        "unknown": 1,
        "expired": 1,
        "crowded_out": 0,
        "pending": 0,
    }
