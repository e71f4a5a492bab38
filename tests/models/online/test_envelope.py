"""A saved River model is read back whole, and nothing else ever is."""

from __future__ import annotations

import builtins
import functools
import operator
import os
import pickle
import random
import subprocess
import zlib
from hashlib import blake2b
from typing import Any

import pytest
import river
from hypothesis import given
from hypothesis import strategies as st
from river import drift, linear_model

from models.errors import CorruptState, IncompatibleState
from models.online import envelope
from models.online.build import build
from models.online.envelope import seal, unseal


class Calls:
    """An object whose pickle calls `function` when it is read."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self._called = (function, arguments)

    def __reduce__(self) -> Any:
        return self._called


def sealed(pickled: bytes) -> bytes:
    """An envelope, sound but for what is in it."""
    whole = seal("test", {}, None)
    _, body = envelope.open_envelope(whole, "test")
    framed = whole[: len(whole) - len(body) - 8] + zlib.compress(pickled)
    return framed + blake2b(framed, digest_size=8).digest()


HOSTILE = {
    "os.system": Calls(os.system, "true"),
    "subprocess": Calls(subprocess.Popen, ["true"]),
    "eval": Calls(builtins.eval, "1"),
    "exec": Calls(builtins.exec, "1"),
    "open": Calls(builtins.open, os.devnull),
    "import": Calls(builtins.__import__, "os"),
    "getattr": Calls(getattr, linear_model.LinearRegression(), "__class__"),
    "getattr of a class": Calls(getattr, linear_model.LinearRegression, "__init__"),
    "getattr of a method's globals": Calls(getattr, drift.PageHinkley(), "__init__"),
    "getattr of text": Calls(getattr, str, "format"),
    "partial of foreign": functools.partial(os.system, "true"),
    "reduce": functools.partial(functools.reduce, operator.add),
    "attrgetter": operator.attrgetter("__class__"),
    "methodcaller": operator.methodcaller("clone"),
    "a class of ours": Calls(envelope._Unpickler, None),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_refuses_what_could_run_code(name: str) -> None:
    with pytest.raises(CorruptState, match=r"is not on the list|is not to be had"):
        unseal(sealed(pickle.dumps(HOSTILE[name])), "test", {})


@pytest.mark.parametrize(
    "name",
    [
        "river.datasets\nPhishing",  # reads files
        "river.datasets.base\nurllib",  # what a module has imported
        "river.stream\niter_csv",
        "river.utils.rolling\nwarnings",
        "river.base.base\ninspect",
        "river.linear_model.base\nnp",
        "river.compose.pipeline\ntypes",
        "riverine\nModel",
        "os\nsystem",
        "posix\nsystem",
        "nt\nsystem",
        "builtins\nglobals",
        "pickle\nloads",
        "numpy\nload",
        "numpy.testing._private.utils\nrunstring",
        "models.online.envelope\nimportlib",
        "models.online.mended\ncompose",
    ],
)
def test_refuses_names_that_are_not_on_the_list(name: str) -> None:
    with pytest.raises(CorruptState, match="is not on the list"):
        unseal(sealed(b"c" + name.encode() + b"\n."), "test", {})


def test_refuses_a_way_through_an_attribute() -> None:
    dotted = b"\x80\x04\x8c\x19river.linear_model.pa\x8c\x00\x93."
    module, name = b"river.linear_model.pa", b"PARegressor.__init__.__globals__"
    dotted = b"\x80\x04" + b"".join(
        b"\x8c" + len(text).to_bytes(1, "little") + text for text in (module, name)
    )
    with pytest.raises(CorruptState, match="is not on the list"):
        unseal(sealed(dotted + b"\x93."), "test", {})


def test_reads_back_what_was_sealed() -> None:
    model = build([{"StandardScaler": {}}, {"LinearRegression": {}}], 1, "the test")
    rng = random.Random(1)
    for _ in range(50):
        model.learn_one({"a": rng.random(), "b": rng.random()}, rng.random())
    again = unseal(seal("test", {}, model), "test", {})
    assert again.predict_one({"a": 1.0, "b": 2.0}) == model.predict_one({"a": 1.0, "b": 2.0})


@given(st.data())
def test_every_damage_is_noticed(data: st.DataObject) -> None:
    whole = seal("test", {}, {"a": [1, 2.0, "text"]})
    place = data.draw(st.integers(0, len(whole) - 1))
    bit = data.draw(st.integers(0, 7))
    damaged = bytearray(whole)
    damaged[place] ^= 1 << bit
    with pytest.raises(CorruptState):
        unseal(bytes(damaged), "test", {})
    with pytest.raises(CorruptState):
        unseal(whole[:place], "test", {})


def test_another_river_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = seal("test", {}, None)
    monkeypatch.setattr(river, "__version__", "0.1.0")
    with pytest.raises(
        IncompatibleState, match=r"River version of the saved state must be 0\.1\.0"
    ):
        unseal(whole, "test", {})


def test_another_kind_or_configuration_is_refused() -> None:
    whole = seal("test", {"seed": 1}, None)
    with pytest.raises(IncompatibleState, match="kind of the state must be 'other', got 'test'"):
        unseal(whole, "other", {})
    with pytest.raises(
        IncompatibleState, match="'seed' of the saved state must be 2, as configured"
    ):
        unseal(whole, "test", {"seed": 2})


def test_what_cannot_be_saved_is_refused_at_once() -> None:
    with pytest.raises(IncompatibleState, match="must be one that can be saved"):
        seal("test", {}, lambda: None)
