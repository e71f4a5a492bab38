"""A tail probability means what it says, on streams without any anomaly."""

from __future__ import annotations

import numpy as np
import pytest

from models.detector import Decisions, DetectorConfig
from tests.models.detector.runs import autoregressive, noisy_sine, run

N, WARM = 20_000, 400

STREAMS = {
    "gaussian": lambda rng: rng.normal(size=N),
    "uniform": lambda rng: rng.uniform(size=N),
    "heavy tails": lambda rng: rng.standard_t(3, size=N),
    "lognormal": lambda rng: rng.lognormal(size=N),
    "counts": lambda rng: rng.poisson(5.0, N).astype(float),
    "sine": lambda rng: noisy_sine(N, int(rng.integers(99))),
    "slow sine": lambda rng: noisy_sine(N, int(rng.integers(99)), period=288.0, sigma=0.2),
    "autoregressive": lambda rng: autoregressive(N, int(rng.integers(99))),
    "two features": lambda rng: rng.normal(size=(N, 2)) * [1.0, 50.0],
}
"""None has an anomaly in it."""


def judged(name: str, shingle_size: int) -> Decisions:
    stream = np.asarray(STREAMS[name](np.random.default_rng(11)))
    n_features = 1 if stream.ndim == 1 else stream.shape[1]
    names = tuple(f"f{i}" for i in range(n_features))
    config = DetectorConfig(features=names, shingle_size=shingle_size, n_trees=30)
    return run(config, stream)


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("shingle_size", [1, 8])
def test_p_is_at_most_q_in_a_share_q_of_the_records(name: str, shingle_size: int) -> None:
    probability = judged(name, shingle_size).probability[WARM:]
    share = {q: float((probability <= q).mean()) for q in (0.1, 0.05, 0.01, 1e-3, 1e-4)}
    # The window counts the first two out. Beyond, the tail is fitted to some fifty scores, of which a shingle's worth
    # hang together: rare events are promised to a small factor only, and less of them is no fault.
    assert 0.09 <= share[0.1] <= 0.115
    assert 0.04 <= share[0.05] <= 0.065
    assert 0.004 <= share[0.01] <= 0.025
    assert share[1e-3] <= 5e-3
    assert share[1e-4] <= 1e-3


@pytest.mark.usefixtures("compiled")
def test_over_all_streams_the_alarm_rate_is_kept() -> None:
    rates = [(judged(name, 8).probability[WARM:] <= 1e-3).mean() for name in STREAMS]
    assert 4e-4 <= np.mean(rates) <= 2e-3


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("rate", [0.02, 0.005])
@pytest.mark.parametrize("score", ["inverse_depth", "displacement"])
def test_the_alarm_rate_sets_the_share_of_alarms(rate: float, score: str) -> None:
    config = DetectorConfig(
        features=("f",), shingle_size=4, n_trees=30, alarm_rate=rate, score=score
    )
    decisions = run(config, noisy_sine(N, 4))
    share = float((decisions.grade[WARM:] > 0).mean())
    assert rate / 2 <= share <= 2 * rate
