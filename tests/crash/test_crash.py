"""`kill -9` of real processes: the small edition of `python -m tests.crash`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

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
    _expect_no_trace(Plan(task=task, events=8000, kills=4), tmp_path)


@pytest.mark.usefixtures("compiled_kernels")
def test_kills_leave_no_trace_of_several_models(tmp_path):
    plan = Plan(task="detect-several", events=4000, keys=8, kills=3, snapshot_every=700)
    _expect_no_trace(plan, tmp_path)


@pytest.mark.parametrize("task", ["predict-entities", "recommend"])
def test_kills_leave_no_trace_in_what_is_predicted_and_recommended(tmp_path, task):
    plan = Plan(task=task, events=3000, keys=30, kills=3, snapshot_every=700)
    _expect_no_trace(plan, tmp_path)


@pytest.mark.parametrize(("client", "task"), [("kafka-python", "detect"), ("confluent", "toy")])
@pytest.mark.usefixtures("compiled_kernels")
def test_kills_leave_no_trace_on_kafka(kafka_address, tmp_path, client, task):
    broker = f"kafka://{kafka_address}"
    plan = Plan(task=task, broker=broker, client=client, events=8000, kills=3)
    _expect_no_trace(plan, tmp_path)


def test_kills_leave_no_trace_of_shared_states_on_kafka(kafka_address, tmp_path):
    # Blocks are in two records each.
    plan = Plan(task="shared", broker=f"kafka://{kafka_address}", client="confluent", events=8000)
    _expect_no_trace(replace(plan, kills=3, bulk=1_500_000), tmp_path)


def _expect_no_trace(plan: Plan, folder: Path) -> None:
    plan = replace(plan, trees=TREES, sample_size=SAMPLE_SIZE)
    verdict = run_plan(plan, folder)
    assert verdict.differences == []
    assert verdict.identical
    # A detector sends an alert for each anomaly beside its score; a label or an item has no answer.
    more = verdict.outputs - plan.events
    assert {
        "toy": more == 0,
        "shared": more == 0,
        "detect": more > 0,
        "detect-several": more > 0,
    }.get(plan.task, -plan.events < more < 0)
    assert verdict.lives == plan.kills + 2
    assert verdict.kills_at_work > 0
    assert verdict.replays > 0
    assert verdict.mismatches == 0
    assert verdict.left_to_replay == 0 or verdict.given_up
