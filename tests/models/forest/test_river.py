"""River's own checks of an anomaly detector. Its data set of credit cards is fetched over the network, so those that
River ships take its place."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest
from river import checks, datasets
from river.base import Estimator

from models.forest import RandomCutForest
from tests.models.conftest import COMPILED

MODELS = {
    "inverse depth": {},
    "displacement": {"score": "displacement", "shingle_size": 4},
}


def _shipped(model: Estimator, scale: int = 1) -> Iterator[object]:
    n = 300 if COMPILED else 40
    yield datasets.Shuttle().take(n * scale)
    yield datasets.Phishing().take(n * scale)


def _checks() -> list[Callable[..., None]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checks, "_yield_datasets", _shipped)
        return list(checks.yield_checks(_model("inverse depth")))


def _model(name: str) -> RandomCutForest:
    return RandomCutForest(n_trees=20 if COMPILED else 3, sample_size=64, **MODELS[name])


def _label(check: Callable[..., None]) -> str:
    return check.__name__.removeprefix("check_")


CHECKS = [check for check in _checks() if check.__name__ != "check_roc_auc"]


def test_the_checks_are_all_there() -> None:
    assert len(CHECKS) >= 35


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("check", CHECKS, ids=_label)
def test_river_check(check: Callable[..., None], model: str) -> None:
    # River shuffles features with the global generator.
    random.seed(1)
    check(_model(model))


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("model", MODELS)
def test_anomalies_score_higher_than_the_usual(model: str) -> None:
    """River's check asks for 0.5; its first thousands of Shuttle hold both classes."""
    checks.anomaly.check_roc_auc(_model(model), datasets.Shuttle().take(5000))
