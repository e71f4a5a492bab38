"""`kill -9` of real processes: the small edition of `python -m tests.crash`."""

from __future__ import annotations

import numpy as np
import pytest

from models.detector import DetectorBank, DetectorConfig
from tests.crash.campaign import Plan, run_plan

TREES, SAMPLE_SIZE = 10, 64


@pytest.fixture(scope="module")
def compiled_kernels():
    """Compile once in this process: what the workers find on disk need not be compiled in each."""
    config = DetectorConfig(
        features=("value",), shingle_size=4, n_trees=TREES, sample_size=SAMPLE_SIZE
    )
    bank = DetectorBank(config)
    values = np.random.default_rng(1).normal(size=(200, 1))
    bank.process(np.full(200, bank.slot(b"k"), dtype=np.int64), values)
    bank.load(b"k", bank.dump(b"k"))


@pytest.mark.parametrize("task", ["toy", "detect"])
@pytest.mark.usefixtures("compiled_kernels")
def test_kills_leave_no_trace_in_the_outputs(tmp_path, task):
    plan = Plan(task=task, events=8000, kills=4, trees=TREES, sample_size=SAMPLE_SIZE)
    verdict = run_plan(plan, tmp_path)
    assert verdict.differences == []
    assert verdict.identical
    assert verdict.outputs == 8000
    assert verdict.lives == 6
    assert verdict.kills_at_work > 0
    assert verdict.replays > 0
    assert verdict.mismatches == 0
    assert verdict.left_to_replay == 0
