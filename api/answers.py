"""Answers that carry records of a topic byte for byte."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
from fastapi import Response

_encode = msgspec.json.Encoder().encode


class JSONBytes(Response):
    """A JSON answer; `msgspec.Raw` values in it are sent as they are."""

    media_type = "application/json"

    def __init__(self, content: object) -> None:
        super().__init__(_encode(content))


def raw(records: list[bytes]) -> list[msgspec.Raw]:
    """Records that are JSON already."""
    return [msgspec.Raw(record) for record in records]


def plain(value: object) -> Any:  # noqa: ANN401 - whatever JSON can hold
    """A value of named tuples, arrays and numbers as JSON has it: objects, lists, null for NaN."""
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {name: plain(part) for name, part in value._asdict().items()}
    if isinstance(value, Mapping):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
