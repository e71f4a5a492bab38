"""Small editions of `python -m tests.faults`."""

from __future__ import annotations

import pytest

from tests.faults.scenario import Ground, Outcome
from tests.faults.table import SCENARIOS


def _play(name: str, ground: Ground) -> Outcome:
    outcome = SCENARIOS[name](ground)
    assert outcome.differences == []
    assert outcome.passed
    assert outcome.outputs > 0
    return outcome


@pytest.mark.parametrize(
    ("name", "client"),
    [
        ("sleep", "kafka-python"),
        ("scale", "confluent"),
        ("twin", "kafka-python"),
        ("bulk", "kafka-python"),
        ("aborted", "confluent"),
    ],
)
def test_a_fault_leaves_no_trace(kafka_address, tmp_path, name, client):
    broker = f"kafka://{kafka_address}"
    _play(name, Ground(folder=tmp_path, broker=broker, client=client, events=3000, times=1))


@pytest.mark.usefixtures("can_start_brokers")
def test_a_broker_that_goes_away_leaves_no_trace(tmp_path):
    _play("restart", Ground(folder=tmp_path, events=3000))
