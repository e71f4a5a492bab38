"""A state with a sound checksum and impossible content is refused: kernels trust what they are given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from models.detector import DetectorBank, DetectorConfig
from models.errors import CorruptState
from models.state import pack, unpack

CONFIG = DetectorConfig(features=("a", "b"), shingle_size=3, n_trees=4, sample_size=16)
Arrays = dict[str, NDArray[Any]]


def saved() -> bytes:
    bank = DetectorBank(CONFIG)
    values = np.random.default_rng(0).normal(size=(120, 2))
    values[60:70] = values[60]
    bank.process(np.full(120, bank.slot(b"k")), values)
    return bank.dump(b"k")


def put(name: str, value: float, at: int = 0) -> Callable[[Arrays], None]:
    def change(arrays: Arrays) -> None:
        arrays[name][at] = value

    return change


def without(name: str) -> Callable[[Arrays], None]:
    def change(arrays: Arrays) -> None:
        del arrays[name]

    return change


def shorter(name: str) -> Callable[[Arrays], None]:
    def change(arrays: Arrays) -> None:
        arrays[name] = arrays[name][:-1]

    return change


def longer(name: str) -> Callable[[Arrays], None]:
    def change(arrays: Arrays) -> None:
        arrays[name] = np.tile(arrays[name], 600)

    return change


# Uncompiled, random numbers wrap around, which the fixture that allows it does not reach here.
with np.errstate(over="ignore"):
    NAMES = sorted(unpack(saved(), "detector").arrays)
CHANGES = [
    put("starts", 0),
    put("starts", 255),
    put("run_first", 7),
    put("run_first", 60000, -1),
    put("run_number", 2**40, -1),
    put("run_number", -5),
    put("counts", 60000),
    put("bounds", -(2**62)),
    put("marks", 10**9),
    put("marks", -1),
    put("dim", 200),
    put("dim", 255),
    put("settle", 10**9),
    put("settle", 0),
    put("observations", -1),
    put("counters", -1),
    put("cut", np.nan),
    put("records", np.inf),
    put("scores", np.nan),
    put("feature_mean", np.inf),
    longer("scores"),
    longer("buffer"),
    *(without(name) for name in NAMES),
    *(shorter(name) for name in NAMES if name not in ("scores", "buffer", "sizes")),
]


@pytest.mark.parametrize("change", CHANGES)
def test_impossible_content_is_refused_and_changes_nothing(
    change: Callable[[Arrays], None],
) -> None:
    state = unpack(saved(), "detector")
    arrays = {name: array.copy() for name, array in state.arrays.items()}
    if not len(arrays["buffer"]):
        arrays["buffer"] = np.zeros((1, 2))
    change(arrays)
    bank = DetectorBank(CONFIG)
    with pytest.raises(CorruptState):
        bank.load(b"k", pack("detector", state.meta, arrays))
    assert bank.keys() == []


def test_the_state_itself_is_accepted() -> None:
    bank = DetectorBank(CONFIG)
    bank.load(b"k", saved())
    assert bank.dump(b"k") == saved()
