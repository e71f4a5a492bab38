from __future__ import annotations

import msgspec
import pytest

from models.detector import DetectorBank, DetectorConfig
from models.errors import StateError
from stream.query.describe import describe


def test_a_dumped_state_is_summed_up_as_json() -> None:
    bank = DetectorBank(DetectorConfig(features=("flow", "pressure"), sample_size=16, n_trees=2))
    bank.slot(b"pump-7")
    state = bank.dump(b"pump-7")
    summary = msgspec.json.decode(msgspec.json.encode(describe(state)))
    assert summary["observations"] == 0
    assert list(summary["features"]) == ["flow", "pressure"]
    assert summary["bytes"] == len(state)


@pytest.mark.parametrize("damage", [b"", b"{}", b"\0" * 100])
def test_anything_else_is_refused(damage: bytes) -> None:
    with pytest.raises(StateError):
        describe(damage)
