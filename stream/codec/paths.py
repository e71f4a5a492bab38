"""Field paths: `a.b.c` walks into objects, `a.0` into arrays, `a\\.b` names a field with a dot."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

Getter = Callable[[dict[str, Any]], Any]
"""From a decoded object to what is at a path in it, or None."""

_SEGMENT = re.compile(r"(?:\\.|[^\\.])+")
_INDEX = re.compile(r"\d{1,9}")


def split_path(path: str) -> tuple[str, ...]:
    """The segments of a path.

    Raises ValueError, saying what a path must be, when a segment is empty or a backslash ends it.
    """
    segments = tuple(_SEGMENT.findall(path))
    if not segments or ".".join(segments) != path:
        raise ValueError("a field path such as 'a.b' or 'a.0', without empty parts")
    return tuple(re.sub(r"\\(.)", r"\1", segment) for segment in segments)


def joined_path(segments: Sequence[str]) -> str:
    """The path of segments, so that `split_path` gives them back."""
    return ".".join(part.replace("\\", r"\\").replace(".", r"\.") for part in segments)


def compile_path(path: str) -> Getter:
    """A function from a decoded object to the value at `path`; None when it is absent or null.

    Raises ValueError like `split_path`.
    """
    first, *rest = split_path(path)
    if not rest:
        return lambda document: document.get(first)
    steps = tuple((name, int(name) if _INDEX.fullmatch(name) else None) for name in rest)

    def walk(document: dict[str, Any]) -> object:
        node: object = document.get(first)
        for name, index in steps:
            if type(node) is dict:
                node = node.get(name)
            elif type(node) is list and index is not None and index < len(node):
                node = node[index]
            else:
                return None
        return node

    return walk


def unread(document: Mapping[str, Any], paths: Iterable[str]) -> list[str]:
    """The paths of what an object holds that is neither at one of the paths, nor below it, nor on the way to it.

    Elements of arrays are not looked into. Raises ValueError like `split_path`.
    """
    return [joined_path(found) for found in _unread(document, [split_path(p) for p in paths])]


def _unread(
    document: Mapping[str, Any], paths: Sequence[Sequence[str]]
) -> Iterator[tuple[str, ...]]:
    for name, value in document.items():
        left = [path[1:] for path in paths if path and path[0] == name]
        if not left:
            yield (name,)
        elif all(left) and isinstance(value, dict):
            yield from ((name, *inner) for inner in _unread(value, left))
