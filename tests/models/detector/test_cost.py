from __future__ import annotations

import numpy as np
import pytest

from models.detector.bank import DetectorBank
from models.detector.config import DetectorConfig
from models.detector.cost import key_cost

pytestmark = pytest.mark.usefixtures("compiled")


@pytest.mark.parametrize("records", [0, 31, 32, 50, 500, 3_000])
@pytest.mark.parametrize(("features", "shingle"), [(1, 1), (1, 8), (5, 4)])
def test_a_key_costs_what_was_estimated(features: int, shingle: int, records: int) -> None:
    names = tuple(f"feature_{i}" for i in range(features))
    bank = DetectorBank(DetectorConfig(features=names, shingle_size=shingle), box_cache=0)
    slot = bank.slot(b"key")
    values = np.random.default_rng(5).normal(7.0, 30.0, size=(records, features))
    bank.process(np.full(records, slot), values)

    found = key_cost(bank, records)
    # Beside its arrays there is only what Python takes for its name.
    arrays = bank.arena.slot_nbytes(slot) + bank.row_nbytes
    assert 0 < found.memory - 0.92 * arrays < 0.16 * arrays + 300
    assert found.snapshot == pytest.approx(len(bank.dump(b"key")), rel=0.1, abs=100)


def test_a_bank_counts_what_it_keeps_of_a_key_beside_its_forest() -> None:
    bank = DetectorBank(DetectorConfig(features=("a", "b", "c"), shingle_size=4))
    # Counters, three features, 32 records to settle from, two windows of 512 scores, the newest shingle.
    assert bank.row_nbytes == 6 * 8 + 3 * 48 + 32 * 3 * 8 + 2 * 512 * 4 + 4 * 2
