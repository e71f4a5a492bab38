"""Some fields of JSON objects, without making the objects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from stream.codec.json_text import DEEPEST
from stream.codec.paths import split_path

Fields = Callable[[bytes], tuple[Any, ...] | None]
"""From a value to what is at each path, None where nothing is; None itself where the value has to be read in full."""


def quick_fields(paths: Sequence[str]) -> Fields | None:
    """A reader of different top-level fields; None where a path leads deeper, or is no plain name.

    It says nothing of values that it cannot decode, nor of those that are nested deeply.
    """
    segments = [split_path(path) for path in paths]
    names = [segment[0] for segment in segments]
    if any(len(segment) > 1 for segment in segments) or len(set(names)) < len(names):
        return None
    # msgspec takes no field names that JSON would have to escape.
    if not all(name.isprintable() and not {'"', "\\"} & {*name} for name in names):
        return None
    struct = msgspec.defstruct(
        "Fields",
        [(f"at_{place}", Any, None) for place in range(len(names))],
        rename={f"at_{place}": name for place, name in enumerate(names)},
        gc=False,
    )
    decode = msgspec.json.Decoder(struct).decode
    as_tuple = msgspec.structs.astuple

    def read(value: bytes) -> tuple[Any, ...] | None:
        if value.count(b"[") + value.count(b"{") > DEEPEST:
            return None
        try:
            return as_tuple(decode(value))
        except (msgspec.MsgspecError, ValueError):
            return None

    return read
