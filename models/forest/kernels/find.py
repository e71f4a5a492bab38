"""Where a number stands among others: a register of them compared at once."""

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

BITS = 256
"""Of a register."""

_INT = ir.IntType(64)


def _plain(array: NDArray[Any], start: int, length: int, value: int) -> int:
    found = np.flatnonzero(array[start : start + length] == value)
    return int(found[0]) if len(found) else length


@intrinsic
def _vectors(
    _typing: object,
    array: types.Array,
    _start: types.Integer,
    _length: types.Integer,
    _value: types.Integer,
) -> tuple[typing.Signature, Callable[..., ir.Value]]:
    index = types.intp
    return index(array, index, index, index), _generate


def _generate(
    context: CPUContext,
    builder: ir.IRBuilder,
    signature: typing.Signature,
    arguments: Sequence[ir.Value],
) -> ir.Value:
    array, start, length, value = arguments
    item = context.get_data_type(signature.args[0].dtype)
    lanes = BITS // item.width
    vector, flags = ir.VectorType(item, lanes), ir.IntType(lanes)
    data = context.make_array(signature.args[0])(context, builder, array).data
    first = builder.gep(data, [start])
    wanted = builder.trunc(value, item)
    row = builder.insert_element(ir.Constant(vector, ir.Undefined), wanted, ir.Constant(_INT, 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)
    row = builder.shuffle_vector(row, row, zeros)
    found = cgutils.alloca_once_value(builder, length)
    size = ir.Constant(_INT, lanes)
    with cgutils.for_range(builder, builder.udiv(length, size)) as loop:
        at = builder.mul(loop.index, size)
        address = builder.bitcast(builder.gep(first, [at]), vector.as_pointer())
        equal = builder.icmp_unsigned("==", builder.load(address, align=item.width // 8), row)
        mask = builder.bitcast(equal, flags)
        with builder.if_then(builder.icmp_unsigned("!=", mask, ir.Constant(flags, 0))):
            place = builder.cttz(mask, ir.Constant(ir.IntType(1), 1))
            builder.store(builder.add(at, builder.zext(place, _INT)), found)
            loop.do_break()
    rest = builder.sub(length, builder.and_(length, ir.Constant(_INT, -lanes)))
    missed = builder.icmp_unsigned("==", builder.load(found), length)
    with builder.if_then(missed), cgutils.for_range(builder, rest) as loop:
        at = builder.add(builder.sub(length, rest), loop.index)
        equal = builder.icmp_unsigned("==", builder.load(builder.gep(first, [at])), wanted)
        with builder.if_then(equal):
            builder.store(at, found)
            loop.do_break()
    return builder.load(found)


find = _plain if numba.config.DISABLE_JIT else _vectors
"""Place of the first of array[start : start + length] that equals a value; `length` where there is none."""
