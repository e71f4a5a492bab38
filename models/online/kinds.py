"""Whether a parameter's value is of the kind that its class declares: River checks few of them when it is built."""

from __future__ import annotations

import inspect
import types
from collections.abc import Mapping
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

PLAIN = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "a mapping",
}
"""Built-in kind -> what it is called."""


def declared(kind: type, parameter: inspect.Parameter) -> Any:  # noqa: ANN401 - what an annotation may be
    """The kind of a class's parameter: as annotated, else that of its default; Any where neither says."""
    default = parameter.default
    implied = next((k for k in (bool, float, str) if fits(default, k)), Any)
    return _annotated(kind).get(parameter.name, implied)


@cache
def _annotated(kind: type) -> Mapping[str, Any]:
    return get_type_hints(kind.__init__)  # type: ignore[misc]  # the one of a class


def fits(value: object, kind: Any) -> bool:  # noqa: ANN401 - what an annotation may be
    """Whether a value is of a declared kind; a kind that this does not know takes all."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return any(fits(value, part) for part in parts)
    if origin is list:
        return isinstance(value, list) and all(fits(item, parts[0]) for item in value)
    known = origin or kind
    if known in (int, float):
        numbers = int if known is int else int | float
        return isinstance(value, numbers) and not isinstance(value, bool)
    if known in (list, tuple, set):
        return isinstance(value, list)
    ours = known in PLAIN or known is types.NoneType or _is_river(known)
    return not ours or isinstance(value, known)


def called(kind: Any) -> str:  # noqa: ANN401 - what an annotation may be
    """A declared kind in words."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        named = [called(part) for part in parts if part is not types.NoneType]
        return " or ".join(dict.fromkeys(named))
    if origin is list:
        return f"a list, each of them {called(parts[0])}"
    known = origin or kind
    name = getattr(known, "__name__", str(known))
    article = "an" if name[0] in "AEIOU" else "a"
    return PLAIN.get(known, f"{article} {name} of River, as {{class: parameters}}")


def _is_river(kind: Any) -> bool:  # noqa: ANN401 - what an annotation may be
    return isinstance(kind, type) and kind.__module__.partition(".")[0] == "river"
