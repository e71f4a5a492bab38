"""Outputs are a function of the log: however it is cut, and wherever a state is saved and loaded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.records import Record
from stream.tasks.predict import OWN, PredictState
from stream.tasks.protocol import Output
from tests.stream.tasks.predict.harness import cut, event, label, promotion, record, state

MODELS = """{
    plain: [StandardScaler, LogisticRegression],
    trees: {ARFClassifier: {n_models: 2, seed: 3}},
    bag: [{SelectType: [float]}, {BaggingClassifier: {model: {GaussianNB: {}}, n_models: 2}}],
}"""
FIELDS = "\n            ".join(
    [
        "deadline: 20s",
        "drift: {policy: swap, grace: 5, delta: 0.2, warning_delta: 0.4}",
        "max_pending: 6",
    ]
)


class Act(NamedTuple):
    what: str
    site: str
    id: int
    size: float
    late: int


ACTS = st.lists(
    st.builds(
        Act,
        st.sampled_from(
            ("event",) * 6 + ("label",) * 4 + ("promote",) * 3 + ("both", "forget", "poison")
        ),
        st.sampled_from("ab"),
        st.integers(0, 8),
        st.sampled_from((-2.0, -1.0, 0.5, 1.0, 3.0)),
        st.sampled_from((0, 0, 0, 3, 30)),
    ),
    min_size=10,
    max_size=60,
)


def records_of(acts: Sequence[Act]) -> list[Record]:
    return [_record(offset, act) for offset, act in enumerate(acts)]


def _record(offset: int, act: Act) -> Record:
    t, bad = offset - act.late, act.size > 0.7
    if act.what == "event":
        return event(offset, act.id, site=act.site, t=t, size=act.size, colour=act.site)
    if act.what == "label":
        return label(offset, act.id, bad, site=act.site, t=t)
    if act.what == "both":
        both = {"id": act.id, "site": act.site, "t": t, "size": act.size, "bad": bad}
        return record(offset, both)
    if act.what == "promote":
        return promotion(offset, ("plain", "trees", "bag", "nobody")[act.id % 4])
    return record(offset, None if act.what == "forget" else b"[", act.site.encode())


def opened(scope: str) -> PredictState:
    return state(f"{FIELDS}\n            scope: {scope}", models=MODELS)


def outputs_of(ours: PredictState, batches: Sequence[Sequence[Record]]) -> list[Output]:
    return [output for batch in batches for output in ours.process(batch).outputs]


@pytest.mark.parametrize("scope", ["entity", "partition"])
@settings(max_examples=15)
@given(ACTS, st.lists(st.integers(0, 60), max_size=6))
def test_cuts_change_nothing(scope: str, acts: list[Act], places: list[int]) -> None:
    records = records_of(acts)
    whole = outputs_of(opened(scope), [records])
    assert outputs_of(opened(scope), cut(records, places)) == whole


@pytest.mark.parametrize("scope", ["entity", "partition"])
@settings(max_examples=15)
@given(ACTS, st.fixed_dictionaries(dict.fromkeys((OWN, b"a", b"b"), st.integers(0, 40))), st.data())
def test_a_replay_from_older_snapshots_goes_on_alike(
    scope: str, acts: list[Act], saved: dict[bytes, int], data: st.DataObject
) -> None:
    """Each entity was saved at an offset of its own; the replay passes over what it holds."""
    records = records_of(acts)
    crash = data.draw(st.integers(len(records) // 2, len(records)))
    first, snapshots = opened(scope), {}
    expected = []
    for at, one in enumerate([*records, None]):
        for entity in [e for e, place in saved.items() if place == at <= crash]:
            snapshots[entity] = first.dump(entity) if entity in first else None
        if one is not None:
            expected += first.process([one]).outputs
    again = opened(scope)
    for entity, dumped in snapshots.items():
        if dumped is None:
            again.forget(entity, saved[entity])
        else:
            again.load(entity, dumped, saved[entity])
    replayed = outputs_of(again, [records[:crash]])
    held = {entity: saved[entity] for entity in snapshots}
    assert replayed == [
        o
        for o in expected
        if o.offset < crash and (o.entity is None or o.offset >= held.get(o.entity, 0))
    ]
    assert outputs_of(again, [records[crash:]]) == [o for o in expected if o.offset >= crash]
    assert set(again.entities()) == set(first.entities())
