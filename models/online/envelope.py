"""River models as bytes: pickled, because River has no format of its own, inside a versioned, checksummed envelope.

Framed as models.frame says, with the magic "CSRV": the header holds kind, River's version and meta, the body is the
pickle (zlib). The pickle is read back by an unpickler that makes
classes of River and a few containers and numbers, and nothing else: it finds no function by which code could run.
"""

from __future__ import annotations

import collections
import copy
import functools
import importlib
import inspect
import io
import operator
import pickle
import random
import statistics
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import river

from models.errors import CorruptState, IncompatibleState
from models.frame import framed, unframed
from models.online import mended
from models.online.catalogue import MODULES

MAGIC = b"CSRV"
Content = Any
"""What was sealed; who unseals it knows what that is."""


def seal(kind: str, meta: Mapping[str, Any], content: object) -> bytes:
    """`content` (plain values, and objects of River) as bytes.

    Raises IncompatibleState where it holds something that could not be read back.
    """
    try:
        pickled = pickle.dumps(content, protocol=5)
    except Exception as error:
        raise IncompatibleState(
            f"The state of {kind} must be one that can be saved, got {error}."
        ) from error
    header = {"kind": kind, "river": river.__version__, "meta": dict(meta)}
    return framed(MAGIC, header, zlib.compress(pickled, 1))


def unseal(data: bytes, kind: str, meta: Mapping[str, Any]) -> Content:
    """What was sealed.

    Raises CorruptState where the bytes are damaged or hold what they must not; IncompatibleState where they are of
    another kind, format or River version, or `meta` is not what they were sealed with.
    """
    header, body = open_envelope(data, kind)
    if header["river"] != river.__version__:
        raise IncompatibleState(
            f"The River version of the saved state must be {river.__version__}, as installed, got {header['river']}."
        )
    for name, value in meta.items():
        got = header["meta"].get(name)
        if got != value:
            raise IncompatibleState(
                f"The {name!r} of the saved state must be {value!r}, as configured, got {got!r}."
            )
    try:
        return _Unpickler(io.BytesIO(zlib.decompress(body))).load()
    except Exception as error:
        # A damaged or hostile pickle can fail in any way that its parts can.
        raise CorruptState(f"The saved state must be readable, got {_said(error)}.") from error


def open_envelope(data: bytes, kind: str) -> tuple[dict[str, Any], bytes]:
    """The header and the compressed pickle, which is not read. Raises as `unseal` does."""
    header, body = unframed(MAGIC, data, kind)
    if not isinstance(header.get("river"), str) or not isinstance(header.get("meta"), dict):
        raise CorruptState(
            f"The header of the state must have a River version and meta, got {header}."
        )
    return header, body


RIVER = {name.partition(".")[0] for name in MODULES} | {
    "_river_rust",
    "base",
    "covariance",
    "sketch",
}
"""River's packages whose classes may be in a saved state; those that read files or the network are not among them."""


METHODS = frozenset(
    {
        "_calc_tau_0",
        "_calc_tau_1",
        "_calc_tau_2",
        "_leveraging_bag",
        "_leveraging_bag_half",
        "_leveraging_bag_me",
        "_leveraging_bag_wt",
        "_leveraging_subag",
        "_next_code",
        "_rand_gauss",
        "_rand_weights_for_feature",
        "_random_weights",
        "_scale",
        "_test_both",
        "_test_decrease",
        "_test_increase",
        "_unscale",
        "_update_estimator_multivariate",
        "_update_estimator_univariate",
        "clone",
    }
)
"""Methods that River's objects keep one of, bound to themselves or to a part."""


def _bound_method(owner: object, name: str) -> Callable[..., Any]:
    """`getattr`, for the one use that River's pickles have for it."""
    if owner is str and name == "lower":
        return str.lower
    if name not in METHODS or not type(owner).__module__.startswith("river."):
        raise pickle.UnpicklingError(f"{name!r} of {type(owner).__name__} is not to be had")
    method: Callable[..., Any] = getattr(owner, name)
    return method


PLAIN: dict[tuple[str, str], Callable[..., Any]] = {
    ("builtins", "bool"): bool,
    ("builtins", "complex"): complex,
    ("builtins", "dict"): dict,
    ("builtins", "float"): float,
    ("builtins", "frozenset"): frozenset,
    ("builtins", "getattr"): _bound_method,
    ("builtins", "int"): int,
    ("builtins", "list"): list,
    ("builtins", "range"): range,
    ("builtins", "set"): set,
    ("builtins", "str"): str,
    ("builtins", "tuple"): tuple,
    ("collections", "Counter"): collections.Counter,
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("collections", "defaultdict"): collections.defaultdict,
    ("collections", "deque"): collections.deque,
    ("copy", "deepcopy"): copy.deepcopy,
    ("functools", "partial"): functools.partial,
    ("numpy", "dtype"): np.dtype,
    ("numpy", "ndarray"): np.ndarray,
    ("operator", "itemgetter"): operator.itemgetter,
    ("random", "Random"): random.Random,
    ("statistics", "NormalDist"): statistics.NormalDist,
}
"""What else may be in a saved state. Those that call what they are given can only be given what is on these lists."""

NUMPY = frozenset(
    {
        ("numpy._core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "scalar"),
        ("numpy", "array"),
        ("numpy", "ones"),
        ("numpy._core.numeric", "_frombuffer"),
        ("numpy.random._pickle", "__bit_generator_ctor"),
        ("numpy.random._pickle", "__generator_ctor"),
        ("numpy.random._pickle", "__randomstate_ctor"),
        ("numpy.random._mt19937", "MT19937"),
        ("numpy.random._pcg64", "PCG64"),
        ("numpy.random.bit_generator", "SeedSequence"),
        ("numpy.random.bit_generator", "__pyx_unpickle_SeedSequence"),
    }
)
"""How NumPy's arrays, numbers and generators are made from a pickle."""


FUNCTIONS = frozenset(
    {
        ("river._river_rust.vectordict", "euclidean_distance_tuple"),
        ("river.feature_extraction.vectorize", "find_all_ngrams"),
        ("river.feature_extraction.vectorize", "remove_stop_words"),
        ("river.feature_extraction.vectorize", "strip_accents_unicode"),
        ("river.feature_extraction.vectorize", "tokenize_using_regex_pattern"),
        ("river.forest.online_extra_trees", "ExtraTrees._detection_mode_all"),
        ("river.forest.online_extra_trees", "ExtraTrees._detection_mode_drop"),
        ("river.forest.online_extra_trees", "ExtraTrees._detection_mode_off"),
        ("river.naive_bayes.gaussian", "GaussianNB._make_gaussian"),
        ("river.tree.splitter.ebst_splitter", "EBSTNode._update_estimator_multivariate"),
        ("river.tree.splitter.ebst_splitter", "EBSTNode._update_estimator_univariate"),
        (
            "river.tree.splitter.nominal_splitter_reg",
            "NominalSplitterReg._update_estimator_multivariate",
        ),
        (
            "river.tree.splitter.nominal_splitter_reg",
            "NominalSplitterReg._update_estimator_univariate",
        ),
    }
)
"""Functions of River that its models keep: none reaches beyond its arguments."""


class _Unpickler(pickle.Unpickler):
    """Finds what is on the lists above, and refuses the rest by name."""

    def find_class(self, module: str, name: str) -> Content:
        if (plain := PLAIN.get((module, name))) is not None:
            return plain
        if (module, name) in NUMPY:
            return getattr(importlib.import_module(module), name)
        if (module, name) in FUNCTIONS:
            return functools.reduce(getattr, name.split("."), importlib.import_module(module))
        if module == mended.__name__ and name in ("Select", "ConfusionMatrix"):
            return getattr(mended, name)
        root, _, inside = module.partition(".")
        if root == "river" and inside.partition(".")[0] in RIVER and "." not in name:
            found = getattr(importlib.import_module(module), name, None)
            # A module also has what it has imported: only classes, and only its own package's.
            if inspect.isclass(found) and found.__module__.partition(".")[0] == "river":
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is not on the list of what may be read")


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]
