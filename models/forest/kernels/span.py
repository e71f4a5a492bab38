"""The box of a few points, and how far another point is beyond it, in one pass: eight lanes at a time.

The same sums in the same order as kernels.lanes; the box goes from registers to memory once, whatever the number of
points.
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

from models.compiled import Floats, Ints
from models.forest.kernels import lanes
from models.forest.kernels.lanes import INDEX, INT, LANES, VECTOR, ZEROS


def _plain(
    boxes: Floats, b: int, points: Floats, members: Ints, m: int, xs: Floats, x: int, dims: int
) -> tuple[np.float32, np.float32]:
    rows = np.array([points[y : y + dims] for y in members[:m]])
    boxes[b : b + dims], boxes[b + dims : b + 2 * dims] = rows.min(axis=0), rows.max(axis=0)
    return lanes.plain_sums(boxes, b, b + dims, xs, x, dims)


@intrinsic
def _vectors(
    _typing: object,
    boxes: types.Array,
    _b: types.Integer,
    points: types.Array,
    members: types.Array,
    _m: types.Integer,
    xs: types.Array,
    _x: types.Integer,
    _dims: types.Integer,
) -> tuple[typing.Signature, Callable[..., ir.Value]]:
    result, index = types.UniTuple(types.float32, 2), types.intp
    return result(boxes, index, points, members, index, xs, index, index), _generate


def _generate(
    context: CPUContext,
    builder: ir.IRBuilder,
    signature: typing.Signature,
    arguments: Sequence[ir.Value],
) -> ir.Value:
    boxes, b, points, members, m, xs, x, dims = arguments
    arrays = zip((0, 2, 3, 5), (boxes, points, members, xs), strict=True)
    box, point, member, other = (
        context.make_array(signature.args[i])(context, builder, array).data for i, array in arrays
    )
    sums = [cgutils.alloca_once_value(builder, ZEROS) for _ in range(2)]
    sides = [cgutils.alloca_once_value(builder, ZEROS) for _ in range(2)]
    one = ir.Constant(INT, 1)

    def chunk(i: ir.Value, load: Callable[[ir.Value], ir.Value]) -> list[ir.Value]:
        """Minima, maxima and the other point's values, of eight dimensions from i on."""
        first = builder.load(member)
        row = load(lanes.address(builder, point, builder.add(first, i)))
        for side in sides:
            builder.store(row, side)
        with cgutils.for_range_slice(builder, one, m, one) as (j, _):
            offset = builder.load(builder.gep(member, [j]))
            row = load(lanes.address(builder, point, builder.add(offset, i)))
            for side, smaller in zip(sides, ("<", ">"), strict=True):
                held = builder.load(side)
                is_beyond = builder.fcmp_ordered(smaller, row, held)
                builder.store(builder.select(is_beyond, row, held), side)
        values = load(lanes.address(builder, other, builder.add(x, i)))
        return [*(builder.load(side) for side in sides), values]

    whole = builder.and_(dims, ir.Constant(INT, -LANES))
    with cgutils.for_range_slice(builder, ir.Constant(INT, 0), whole, ir.Constant(INT, LANES)) as (
        i,
        _,
    ):
        low, high, values = chunk(i, lambda at: builder.load(at, align=4))
        for start, row in ((b, low), (builder.add(b, dims), high)):
            builder.store(row, lanes.address(builder, box, builder.add(start, i)), align=4)
        lanes.add_rows(builder, sums, low, high, values)
    rest = builder.sub(dims, whole)
    with builder.if_then(builder.icmp_signed(">", rest, ir.Constant(INT, 0))):
        low, high, values = chunk(whole, lambda at: lanes.load_first(builder, at, rest))
        for start, row in ((b, low), (builder.add(b, dims), high)):
            at = lanes.address(builder, box, builder.add(start, whole))
            _store_first(builder, row, at, rest)
        lanes.add_rows(builder, sums, low, high, values)
    totals = [lanes.fold(builder, builder.load(total)) for total in sums]
    return context.make_tuple(builder, signature.return_type, totals)


def _store_first(builder: ir.IRBuilder, row: ir.Value, address: ir.Value, count: ir.Value) -> None:
    """Store the first `count` lanes; the memory of the others is not touched."""
    mask = lanes.first_lanes(builder, count)
    name = f"llvm.masked.store.v{LANES}f32.p0"
    kind = ir.FunctionType(ir.VoidType(), [VECTOR, address.type, INDEX, mask.type])
    store = cgutils.get_or_insert_function(builder.module, kind, name)
    builder.call(store, [row, address, ir.Constant(INDEX, 4), mask])


span = _plain if numba.config.DISABLE_JIT else _vectors
"""Make box b that of the points at points[members[:m]], one or more; (overflow, extent), float32, of it and xs[x]."""
