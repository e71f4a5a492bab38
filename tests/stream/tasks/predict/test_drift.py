"""A concept that turns into its opposite: every policy, through the task."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from river.datasets import synth

from stream.records import Record
from tests.stream.tasks.predict.harness import record, said, state

BEFORE, AFTER = 1_000, 1_000
MODELS = "{tree: HoeffdingTreeClassifier}"


def stream() -> list[Record]:
    """SEA's function 0, then 0 again with its classes exchanged; each event with its label."""
    concept = synth.SEA(variant=0, seed=7)
    return [
        record(
            offset,
            {
                **{"id": offset, "site": "a", "t": offset},
                **{"bad": bool(y) if offset < BEFORE else not y},
                **{f"x{name}": value for name, value in x.items()},
            },
        )
        for offset, (x, y) in enumerate(concept.take(BEFORE + AFTER))
    ]


@cache
def run(policy: str, detector: str = "adwin") -> tuple[list[dict[str, Any]], float]:
    """The changes, and the accuracy over the last 300 events."""
    drift = f"{{policy: {policy}, detector: {detector}}}"
    fields = f"drift: {drift}"
    ours = state(fields, models=MODELS)
    records = stream()
    outputs = ours.process(records).outputs
    right = [
        one["prediction"] == (b'"bad": true' in (source.value or b""))
        for one, source in zip(said(outputs), records, strict=True)
    ]
    return said(outputs, "changes"), sum(right[-300:]) / 300


@pytest.mark.parametrize("detector", ["adwin", "page_hinkley"])
def test_drift_is_told_soon_after_it_began(detector: str) -> None:
    changes, _ = run("none", detector)
    drift = next(change for change in changes if change["change"] == "drift")
    assert BEFORE < drift["source"]["offset"] < BEFORE + 300
    assert (drift["model"], drift["detector"], drift["action"]) == ("tree", detector, "none")
    assert drift["after"] > drift["before"]
    assert drift["labels"] >= BEFORE


@pytest.mark.parametrize(
    ("policy", "detector", "actions"),
    [("reset", "adwin", ["reset"]), ("swap", "page_hinkley", ["train", "swap"])],
)
def test_a_policy_recovers_what_a_model_left_alone_does_not(
    policy: str, detector: str, actions: list[str]
) -> None:
    (_, alone), (changes, mended) = run("none", detector), run(policy, detector)
    assert alone < 0.75
    assert mended > alone + 0.1
    done = [change["action"] for change in changes if change["source"]["offset"] > BEFORE]
    assert [action for action in done if action != "none"][: len(actions)] == actions


def test_no_watch_tells_of_nothing() -> None:
    assert run("none", "null")[0] == []
