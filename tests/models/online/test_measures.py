"""Measures are those of scikit-learn, of answers judged before their label was learned."""

from __future__ import annotations

import random

import pytest
from sklearn import metrics

from models.online.measures import Judged, Measures


def answers(n: int, share: float, seed: int = 3) -> list[Judged]:
    """Answers of a fair classifier to two classes, one of which is as rare as `share`."""
    rng = random.Random(seed)
    found = []
    for _ in range(n):
        label = rng.random() < share
        odds = rng.gauss(1.0 if label else -1.0, 1.0)
        probability = share / (share + (1 - share) * 2.0 ** (-4.0 * odds))
        said = {True: probability, False: 1.0 - probability}
        found.append(Judged(label, probability > share, said))
    return found


def measured(judged: list[Judged], binary: bool, window: int = 100) -> dict[str, dict]:
    measures = Measures("classification", window)
    for one in judged:
        measures.update(one, binary)
    return measures.get()


@pytest.mark.parametrize("share", [0.5, 0.02])
def test_binary_measures(share: float) -> None:
    judged = answers(2000, share)
    for part, of in (("total", judged), ("window", judged[-100:])):
        got = measured(judged, True)[part]
        true, said = [j.label for j in of], [j.value for j in of]
        chances = [j.probabilities[True] for j in of if j.probabilities]
        assert got["labels"] == len(of)
        assert got["accuracy"] == pytest.approx(metrics.accuracy_score(true, said))
        assert got["precision"] == pytest.approx(
            metrics.precision_score(true, said, zero_division=0)
        )
        assert got["recall"] == pytest.approx(metrics.recall_score(true, said))
        assert got["f1"] == pytest.approx(metrics.f1_score(true, said))
        assert got["kappa"] == pytest.approx(metrics.cohen_kappa_score(true, said))
        assert got["log_loss"] == pytest.approx(metrics.log_loss(true, chances))
        assert got["roc_auc"] == pytest.approx(metrics.roc_auc_score(true, chances), abs=0.01)


def test_multiclass_measures_are_macro_averages() -> None:
    rng = random.Random(4)
    judged = [Judged(rng.randrange(4), rng.randrange(4), None) for _ in range(300)]
    got = measured(judged, False)["total"]
    true, said = [j.label for j in judged], [j.value for j in judged]
    assert got["precision"] == pytest.approx(metrics.precision_score(true, said, average="macro"))
    assert got["recall"] == pytest.approx(metrics.recall_score(true, said, average="macro"))
    assert got["f1"] == pytest.approx(metrics.f1_score(true, said, average="macro"))
    assert got["balanced_accuracy"] == pytest.approx(metrics.balanced_accuracy_score(true, said))
    assert got["log_loss"] is None
    matrix = metrics.confusion_matrix(true, said)
    assert all(matrix[t][a] == n for t, a, n in got["confusion"])
    assert sum(n for _, _, n in got["confusion"]) == 300


def test_a_class_that_the_model_has_never_seen_costs() -> None:
    got = measured([Judged(2, 0, {0: 0.6, 1: 0.4})], False)["total"]
    assert got["log_loss"] > 30.0


def test_only_one_class_has_no_ranking() -> None:
    got = measured([Judged(True, True, {True: 0.9, False: 0.1})], True)["total"]
    assert got["roc_auc"] is None
    assert got["accuracy"] == 1.0


def test_regression_measures_forget_an_enormous_error() -> None:
    rng = random.Random(5)
    judged = [Judged(rng.gauss(0, 1), rng.gauss(0, 1), None) for _ in range(50)]
    measures = Measures("regression", 50)
    for one in [Judged(0.0, 1e15, None), *judged]:
        measures.update(one, False)
    window = measures.get()["window"]
    true, said = [j.label for j in judged], [j.value for j in judged]
    assert window["mae"] == pytest.approx(metrics.mean_absolute_error(true, said))
    assert window["rmse"] == pytest.approx(metrics.root_mean_squared_error(true, said))
    assert window["r2"] == pytest.approx(metrics.r2_score(true, said))


def test_nothing_judged_is_nothing_measured() -> None:
    assert Measures("regression", 5).get() == {"total": None, "window": None}
