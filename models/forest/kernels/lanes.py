"""Sums of float32 over the sides of a box, eight lanes at a time, in one order on every machine.

Dimension i goes to lane i mod 8, and the lanes are added by halves. A compiler may not reorder a float32 sum by itself,
and if it were allowed to, the result would depend on the processor. So the order is written out as vector
instructions; what a processor cannot do at once, LLVM does in parts, with the same result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils, typing
from numba.core.cpu import CPUContext
from numba.extending import intrinsic

from models.compiled import Floats

LANES = 8

INDEX = ir.IntType(32)
INT = ir.IntType(64)
VECTOR = ir.VectorType(ir.FloatType(), LANES)
ZEROS = ir.Constant(VECTOR, [0.0] * LANES)


def plain_sums(
    boxes: Floats, low: int, high: int, xs: Floats, x: int, dims: int
) -> tuple[np.float32, np.float32]:
    below, above = boxes[low : low + dims], boxes[high : high + dims]
    values, zero = xs[x : x + dims], np.float32(0.0)
    beyond = np.maximum(below - values, zero) + np.maximum(values - above, zero)
    return _total(beyond), _total(above - below)


def _total(values: Floats) -> np.float32:
    lanes = np.zeros(LANES, np.float32)
    for i in range(0, len(values), LANES):
        row = values[i : i + LANES]
        lanes[: len(row)] += row
    while len(lanes) > 1:
        lanes = lanes[: len(lanes) // 2] + lanes[len(lanes) // 2 :]
    return np.float32(lanes[0])


@intrinsic
def _vectors(
    _typing: object,
    boxes: types.Array,
    _low: types.Integer,
    _high: types.Integer,
    xs: types.Array,
    _x: types.Integer,
    _dims: types.Integer,
) -> tuple[typing.Signature, Callable[..., ir.Value]]:
    result, index = types.UniTuple(types.float32, 2), types.intp
    return result(boxes, index, index, xs, index, index), _generate


def _generate(
    context: CPUContext,
    builder: ir.IRBuilder,
    signature: typing.Signature,
    arguments: Sequence[ir.Value],
) -> ir.Value:
    boxes, low, high, xs, x, dims = arguments
    box_data = context.make_array(signature.args[0])(context, builder, boxes).data
    point_data = context.make_array(signature.args[3])(context, builder, xs).data
    starts = [(box_data, low), (box_data, high), (point_data, x)]
    sums = [cgutils.alloca_once_value(builder, ZEROS) for _ in range(2)]
    whole = builder.and_(dims, ir.Constant(INT, -LANES))
    step = ir.Constant(INT, LANES)
    with cgutils.for_range_slice(builder, ir.Constant(INT, 0), whole, step) as (i, _):
        rows = [address(builder, data, builder.add(start, i)) for data, start in starts]
        add_rows(builder, sums, *[builder.load(row, align=4) for row in rows])
    rest = builder.sub(dims, whole)
    with builder.if_then(builder.icmp_signed(">", rest, ir.Constant(INT, 0))):
        rows = [address(builder, data, builder.add(start, whole)) for data, start in starts]
        add_rows(builder, sums, *[load_first(builder, row, rest) for row in rows])
    totals = [fold(builder, builder.load(lanes)) for lanes in sums]
    return context.make_tuple(builder, signature.return_type, totals)


def address(builder: ir.IRBuilder, data: ir.Value, at: ir.Value) -> ir.Value:
    """Where the lanes from data[at] on start."""
    return builder.bitcast(builder.gep(data, [at]), VECTOR.as_pointer())


def load_first(builder: ir.IRBuilder, address: ir.Value, count: ir.Value) -> ir.Value:
    """The first `count` lanes; zero in the others, whose memory is not touched."""
    mask = first_lanes(builder, count)
    name = f"llvm.masked.load.v{LANES}f32.p0"
    kind = ir.FunctionType(VECTOR, [address.type, INDEX, mask.type, VECTOR])
    load = cgutils.get_or_insert_function(builder.module, kind, name)
    return builder.call(load, [address, ir.Constant(INDEX, 4), mask, ZEROS])


def first_lanes(builder: ir.IRBuilder, count: ir.Value) -> ir.Value:
    """A mask of the first `count` lanes."""
    counts = builder.insert_element(
        ir.Constant(ir.VectorType(INT, LANES), ir.Undefined), count, ir.Constant(INDEX, 0)
    )
    numbers = ir.Constant(counts.type, list(range(LANES)))
    return builder.icmp_signed("<", numbers, _pick(builder, counts, [0] * LANES))


def add_rows(
    builder: ir.IRBuilder, sums: Sequence[ir.Value], low: ir.Value, high: ir.Value, values: ir.Value
) -> None:
    """Add one row of lanes to the two sums, of overflow and extent."""
    differences = builder.fsub(low, values), builder.fsub(values, high)
    below, above = (
        builder.select(builder.fcmp_ordered(">", vector, ZEROS), vector, ZEROS)
        for vector in differences
    )
    rows = builder.fadd(below, above), builder.fsub(high, low)
    for lanes, row in zip(sums, rows, strict=True):
        builder.store(builder.fadd(builder.load(lanes), row), lanes)


def fold(builder: ir.IRBuilder, lanes: ir.Value) -> ir.Value:
    """The sum of the lanes, added by halves."""
    width = LANES
    while width > 1:
        width //= 2
        first, second = range(width), range(width, 2 * width)
        lanes = builder.fadd(_pick(builder, lanes, first), _pick(builder, lanes, second))
    return builder.extract_element(lanes, ir.Constant(INDEX, 0))


def _pick(builder: ir.IRBuilder, vector: ir.Value, numbers: Sequence[int]) -> ir.Value:
    chosen = ir.Constant(ir.VectorType(INDEX, len(numbers)), list(numbers))
    return builder.shuffle_vector(vector, vector, chosen)


@intrinsic
def _reinterpret(
    _typing: object, _value: types.Float
) -> tuple[typing.Signature, Callable[..., ir.Value]]:
    return types.uint64(types.float32), _generate_bits


def _generate_bits(
    _context: CPUContext,
    builder: ir.IRBuilder,
    _signature: typing.Signature,
    arguments: Sequence[ir.Value],
) -> ir.Value:
    return builder.zext(builder.bitcast(arguments[0], INDEX), INT)


def _plain_bits(value: np.float32) -> np.uint64:
    return np.uint64(np.float32(value).view(np.uint32))


bits_of = _plain_bits if numba.config.DISABLE_JIT else _reinterpret
"""The 32 bits of a float32, as a number."""

overflow_and_extent = plain_sums if numba.config.DISABLE_JIT else _vectors
"""(overflow, extent), float32, of the box with minima at boxes[low] and maxima at boxes[high], and of the point xs[x]:
the summed distance of the point beyond the box, and the box's summed side lengths."""
