"""Asking for memory ahead of its use, so that waiting for one tree's nodes overlaps with waiting for the others'."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils, typing
from numba.core.cpu import CPUContext
from numba.extending import intrinsic
from numpy.typing import NDArray

from models.compiled import index, inlined

CACHE_LINE = 64
"""Bytes that come at once, on all processors that matter here."""

_WORD = ir.IntType(32)
_TO_READ, _TO_KEEP, _DATA = (ir.Constant(_WORD, value) for value in (0, 3, 1))


def _nothing(array: NDArray[Any], at: int | np.uint64) -> None:
    """Uncompiled code is not waiting for memory."""


@intrinsic
def _request(
    _typing: object, array: types.Array, _at: types.Integer
) -> tuple[typing.Signature, Callable[..., ir.Value]]:
    return types.void(array, types.intp), _generate


def _generate(
    context: CPUContext,
    builder: ir.IRBuilder,
    signature: typing.Signature,
    arguments: Sequence[ir.Value],
) -> ir.Value:
    array, at = arguments
    data = context.make_array(signature.args[0])(context, builder, array).data
    address = builder.bitcast(builder.gep(data, [at]), ir.IntType(8).as_pointer())
    kind = ir.FunctionType(ir.VoidType(), [address.type, _WORD, _WORD, _WORD])
    name = "llvm.prefetch.p0"
    fetch = cgutils.get_or_insert_function(builder.module, kind, name)
    builder.call(fetch, [address, _TO_READ, _TO_KEEP, _DATA])
    return context.get_dummy_value()


prefetch = _nothing if numba.config.DISABLE_JIT else _request
"""Ask for the cache line of array[at]; nothing happens where there is none."""


@inlined
def prefetch_range(array: NDArray[Any], start: int, length: int) -> None:
    """Ask for array[start:start + length]."""
    # Not a range: counting its steps takes a division.
    at, end = index(start), index(start + length)
    while at < end:
        prefetch(array, at)
        at += index(max(CACHE_LINE // array.itemsize, 1))
