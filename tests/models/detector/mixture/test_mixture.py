"""Detectors with models of River keep the promises of those with a forest alone."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from river import datasets

from models.detector import Decisions, DetectorBank, DetectorConfig, describe, open_bank
from models.detector.decisions import ANOMALY, NORMAL, WARMING
from models.detector.mixture.bank import MixedBank
from models.detector.mixture.entity import combined
from models.errors import CorruptState, IncompatibleState, InvalidParameter

TREES = {"HalfSpaceTrees": {"n_trees": 5, "height": 4, "window_size": 40}}
SVM = {"OneClassSVM": {}}
LOF = {"LocalOutlierFactor": {"n_neighbors": 5}}
GAUSS = {"GaussianScorer": {"grace_period": 20}}
DEVIATION = {"StandardAbsoluteDeviation": {}}
PREDICTED = {"PredictiveAnomalyDetection": {}}
LODA = {"LODA": {"n_random_cuts": 10}}
FILTERED = [{"MinMaxScaler": {}}, {"QuantileFilter": {"anomaly_detector": TREES, "q": 0.99}}]
KEY = b"key"


def config(*models: Any, **changes: Any) -> DetectorConfig:
    small = {"shingle_size": 2, "n_trees": 5, "sample_size": 16, "warmup": 60, "alarm_rate": 0.01}
    return DetectorConfig(**{"features": ("a",), "models": models, **small, **changes})


def wave(n: int, features: int = 1, seed: int = 1) -> NDArray[np.float64]:
    """A noisy wave with a spike in all features every 100 records from record 250 on."""
    rng = random.Random(seed)
    rows = []
    for i in range(n):
        spike = 12.0 if i >= 250 and i % 100 == 50 else 0.0
        rows.append([math.sin(i / 9.0 + j) + rng.gauss(0.0, 0.1) + spike for j in range(features)])
    return np.array(rows)


def fed(bank: MixedBank | DetectorBank, rows: NDArray[np.float64], key: bytes = KEY) -> Decisions:
    return bank.process(np.full(len(rows), bank.slot(key), np.int64), rows)


def alike(some: Decisions, others: Decisions) -> None:
    for name, part in some._asdict().items():
        np.testing.assert_array_equal(part, getattr(others, name), name)


def joined(parts: list[Decisions]) -> dict[str, NDArray[Any]]:
    """The columns of several batches that are one per record."""
    names = Decisions._fields[:9]
    return {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}


ALONE = [TREES, SVM, LOF, GAUSS, DEVIATION, PREDICTED, LODA, FILTERED]
SPIKES = [250, 350, 450]


@pytest.mark.parametrize("model", ALONE, ids=lambda model: str(model)[:30])
def test_every_model_finds_spikes_alone(model: Any) -> None:
    decisions = fed(open_bank(config(model)), wave(500))
    found = set(np.flatnonzero(decisions.status == ANOMALY).tolist())
    assert any(found & {spike, spike + 1} for spike in SPIKES)
    judged = (decisions.status != WARMING).sum()
    assert judged > 250
    assert len(found) < 0.06 * judged
    for part in decisions:
        assert np.isfinite(part).all()
    assert (decisions.score >= 0.0).all()
    assert ((decisions.probability > 0.0) & (decisions.probability <= 1.0)).all()


@pytest.mark.parametrize("combine", ["mean", "max", "vote"])
def test_the_alarm_rate_holds_for_the_combination(combine: str) -> None:
    rng = np.random.default_rng(3)
    bank = open_bank(config("forest", TREES, GAUSS, combine=combine))
    decisions = fed(bank, rng.normal(size=(3000, 1)))
    judged = decisions.status != WARMING
    alarms = (decisions.status == ANOMALY).sum() / judged.sum()
    assert alarms < 0.025
    assert abs(np.mean(decisions.probability[judged] < 0.1) - 0.1) < 0.05


@pytest.mark.parametrize("cut", [1, 30, 130, 251, 351])
def test_goes_on_after_a_cut_as_if_there_were_none(cut: int) -> None:
    mixed = config("forest", TREES, SVM, LOF, GAUSS, FILTERED, PREDICTED, LODA)
    rows = wave(360)
    rows[::17] = np.nan
    whole = fed(open_bank(mixed), rows)
    first, second = open_bank(mixed), open_bank(mixed)
    before = fed(first, rows[:cut])
    second.load(KEY, first.dump(KEY))
    after = fed(second, rows[cut:])
    for name, column in joined([before, after]).items():
        np.testing.assert_array_equal(column, getattr(whole, name), name)


def test_batches_and_other_keys_change_nothing() -> None:
    mixed = config("forest", TREES, GAUSS)
    rows = wave(300)
    whole, cut = fed(open_bank(mixed), rows), open_bank(mixed)
    slots = np.array([cut.slot(b"other"), cut.slot(KEY)])
    parts = []
    for at in range(0, 300, 7):
        batch = rows[at : at + 7]
        both = np.repeat(batch, 2, axis=0)
        parts.append(cut.process(np.tile(slots, len(batch)), both))
    for name, column in joined(parts).items():
        np.testing.assert_array_equal(column[1::2], getattr(whole, name), name)


def test_the_forest_explains_what_it_finds_rare() -> None:
    decisions = fed(open_bank(config("forest", GAUSS, combine="max")), wave(500))
    assert decisions.status[SPIKES].tolist() == [ANOMALY] * 3
    rows = decisions.detail[SPIKES]
    assert (rows >= 0).all()
    np.testing.assert_allclose(decisions.attribution[rows].sum(axis=(1, 2)), 1.0)
    assert (np.abs(decisions.expected[rows]) < 3.0).all()
    explained = decisions.detail[decisions.detail >= 0]
    assert explained.tolist() == list(range(len(decisions.expected)))


def test_without_a_forest_nothing_is_explained() -> None:
    bank = open_bank(config(GAUSS))
    decisions = fed(bank, wave(300))
    assert (decisions.status == ANOMALY).any()
    assert (decisions.detail == -1).all()
    assert len(decisions.expected) == 0
    with pytest.raises(InvalidParameter, match="'models' of the detector must be the forest among"):
        bank.nearest(KEY, np.zeros(1), 3)


@pytest.mark.parametrize("models", [("forest", TREES, SVM), (LOF, GAUSS)])
def test_asking_changes_nothing_and_foresees_what_comes(models: tuple[Any, ...]) -> None:
    rows = wave(300)
    asked, plain = open_bank(config(*models)), open_bank(config(*models))
    fed(asked, rows[:250])
    fed(plain, rows[:250])
    foreseen = asked.score(KEY, rows[250:253])
    assert foreseen.observations.tolist() == [251] * 3
    alike(fed(asked, rows[250:]), fed(plain, rows[250:]))
    came = fed(open_bank(config(*models)), rows[:251])
    for name in ("status", "score", "probability", "threshold", "grade"):
        assert getattr(foreseen, name)[0] == getattr(came, name)[-1]


def test_the_newest_shingle_is_told() -> None:
    bank = open_bank(config(GAUSS, features=("a",), shingle_size=3))
    fed(bank, np.array([[1.0], [np.nan], [3.0], [4.0]]))
    assert bank.shingle(KEY).tolist() == [[1.0], [3.0], [4.0]]


def test_missing_values_are_imputed_and_lower_the_confidence() -> None:
    bank = open_bank(config(SVM, features=("a", "b")))
    rows = wave(200, 2)
    rows[-1, 1] = np.nan
    decisions = fed(bank, rows)
    assert decisions.imputed[-1].tolist() == [False, True]
    assert decisions.values[-1, 1] == rows[-2, 1]
    assert 0.0 < decisions.confidence[-1] < decisions.confidence[-2]


def test_a_model_that_always_fails_is_not_waited_for() -> None:
    """Squared, such values are beyond what a float can hold."""
    failing = [{"PolynomialExtender": {"degree": 5}}, SVM]
    decisions = fed(open_bank(config(GAUSS, failing)), 1e70 * wave(300))
    assert (decisions.status == NORMAL).any()
    only = fed(open_bank(config(failing)), 1e70 * wave(300))
    assert (only.status == WARMING).all()


def test_a_forgotten_key_begins_anew() -> None:
    bank = open_bank(config("forest", GAUSS))
    fed(bank, wave(100))
    bank.forget(KEY)
    assert KEY not in bank
    assert fed(bank, wave(1)).observations.tolist() == [1]
    assert bank.keys() == [KEY]


def test_refuses_slots_and_values_as_a_forest_does() -> None:
    bank = open_bank(config(GAUSS))
    with pytest.raises(InvalidParameter, match="'slots' of the records"):
        bank.process(np.array([5]), np.zeros((1, 1)))
    with pytest.raises(InvalidParameter, match="'values' of the records must be finite or NaN"):
        fed(bank, np.array([[np.inf]]))


def test_states_of_other_models_and_damaged_ones_are_refused() -> None:
    bank = open_bank(config("forest", GAUSS))
    fed(bank, wave(50))
    state = bank.dump(KEY)
    other = open_bank(config("forest", SVM))
    with pytest.raises(IncompatibleState, match="'models' of the saved state"):
        other.load(KEY, state)
    with pytest.raises(CorruptState):
        bank.load(KEY, state[:-1] + bytes([state[-1] ^ 1]))
    assert other.keys() == []
    assert bank.dump(KEY) == state


@pytest.mark.parametrize(
    ("models", "changes", "sentence"),
    [
        ((), {}, "'models' of the detector must be at least one model"),
        (("forest", "forest"), {}, "'models' of the detector must be distinct models"),
        (("forests",), {}, "'steps' of the detector's model must be a class of River"),
        (
            ({"LinearRegression": {}},),
            {},
            "must be anomaly models of River, got 'LinearRegression'",
        ),
        (
            (
                {
                    "ThresholdFilter": {
                        "anomaly_detector": {"LinearRegression": {}},
                        "threshold": 3.0,
                    }
                },
            ),
            {},
            "must be anomaly models of River, got 'LinearRegression'",
        ),
        ((GAUSS,), {"features": ("a", "b")}, "must be without GaussianScorer, which looks at one"),
        ((TREES,), {"combine": "sum"}, "'combine' of the detector must be 'mean', 'max' or 'vote'"),
    ],
)
def test_says_what_is_wrong_with_the_models(
    models: Any, changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidParameter, match=sentence):
        config(*models, **changes)


def test_a_state_says_what_it_is_of() -> None:
    bank = open_bank(config("forest", GAUSS))
    fed(bank, wave(200))
    told = describe(bank.dump(KEY))
    assert told["observations"] == 200
    assert told["models"] == {
        repr(GAUSS): {"scores_held": told["models"][repr(GAUSS)]["scores_held"], "failing": False}
    }
    assert told["models"][repr(GAUSS)]["scores_held"] > 100
    assert told["forest"]["observations"] == 200
    assert told["recent_scores"]["highest"] > told["recent_scores"]["median"] >= 0.0


def test_the_forest_alone_has_a_bank_without_river() -> None:
    assert type(open_bank(config("forest"))) is DetectorBank


def test_a_majority_is_more_than_half() -> None:
    assert combined([1.0, 5.0], "vote") == 1.0
    assert combined([1.0, 5.0, 4.0], "vote") == 4.0
    assert combined([1.0, 5.0, 4.0, 2.0], "vote") == 2.0
    assert combined([1.0, 5.0], "mean") == 3.0
    assert combined([1.0, 5.0], "max") == 5.0


@pytest.mark.parametrize("models", [({"HalfSpaceTrees": {}},), ("forest", TREES, GAUSS)])
def test_finds_the_greatest_interruption_of_a_water_supply(models: tuple[Any, ...]) -> None:
    """The flow falls from about 103 to 24 litres a second in records 872 to 885; of the others, few are told."""
    flow = np.array([[y] for _, y in datasets.WaterFlow()])
    decisions = fed(open_bank(DetectorConfig(features=("flow",), models=models)), flow)
    found = np.flatnonzero(decisions.status == ANOMALY)
    inside = (found >= 872) & (found <= 889)
    assert inside.sum() >= 3
    assert (~inside).sum() <= 8
