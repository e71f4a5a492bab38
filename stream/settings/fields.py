"""The types of single settings. Each refuses a value with its rule: what the setting must be."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from models.errors import InvalidParameter
from stream.codec.paths import split_path
from stream.transports.kafka.address import bootstrap_servers

_UNITS = {
    "ms": 1,
    "s": 1_000,
    "m": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
    "w": 604_800_000,
}
_DURATION = re.compile(r"(\d{1,12})(ms|s|m|h|d|w)")
_TASK_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
_TOPIC_NAME = re.compile(r"(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}")
_SQLITE_URL = re.compile(r"sqlite:///.+")


def duration(value: object) -> int | None:
    """Milliseconds of a text such as 7d; None for None. Raises ValueError, saying what it must be."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if value is None:
        return None
    if match is None or int(match[1]) == 0:
        raise ValueError("a duration such as 500ms, 30s, 5m, 2h, 7d or 2w, or null")
    return int(match[1]) * _UNITS[match[2]]


def _not_boolean(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("a number")
    return value


def _rekey(value: object) -> object:
    if value != "auto" and not isinstance(value, bool):
        raise ValueError("auto, true or false")
    return value


def matching(pattern: re.Pattern[str], rule: str) -> AfterValidator:
    """Text that the whole pattern fits; `rule` says in words what it must be."""

    def check(value: str) -> str:
        if pattern.fullmatch(value) is None:
            raise ValueError(rule)
        return value

    return AfterValidator(check)


def _broker_url(value: str) -> str:
    if value.startswith("kafka://"):
        try:
            bootstrap_servers(value)
        except InvalidParameter as error:
            raise ValueError(error.rule) from error
    elif _SQLITE_URL.fullmatch(value) is None:
        raise ValueError("a URL such as sqlite:///cutstream.db or kafka://host:9092")
    return value


def _paths(value: object) -> tuple[str, ...]:
    paths = [] if value is None else [value] if isinstance(value, str) else value
    if not isinstance(paths, list | tuple) or not all(isinstance(path, str) for path in paths):
        raise ValueError("a field path, a list of field paths, or null")
    if len(set(paths)) != len(paths):
        raise ValueError("distinct field paths")
    for path in paths:
        split_path(path)
    return tuple(paths)


def _path(value: str) -> str:
    split_path(value)
    return value


def _features(value: object) -> dict[str, str]:
    named = {path: path for path in _paths(value)} if isinstance(value, list) else value
    if not isinstance(named, dict) or not named:
        raise ValueError("a mapping of names to field paths, or a list of field paths")
    for name, path in named.items():
        if not isinstance(name, str) or not name or not isinstance(path, str):
            raise ValueError("a mapping of names to field paths, or a list of field paths")
        split_path(path)
    return named


def _numbers(value: object) -> dict[str, str] | str:
    return _path(value) if isinstance(value, str) else _features(value)


def is_topic_name(value: object) -> bool:
    """Whether a topic may have this name."""
    return isinstance(value, str) and _TOPIC_NAME.fullmatch(value) is not None


Duration = Annotated[
    int | None,
    BeforeValidator(duration),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "pattern": f"^{_DURATION.pattern}$"}, {"type": "null"}]}
    ),
]
"""Written as 7d; held in milliseconds. None keeps for ever."""

Span = Annotated[int, BeforeValidator(duration)]
"""A duration that has an end. Written as 7d; held in milliseconds."""

Rekey = Annotated[
    Literal["auto"] | bool,
    BeforeValidator(_rekey),
    WithJsonSchema({"enum": ["auto", True, False]}),
]
"""Whether records are keyed anew; `auto` decides by the other settings."""

Integer = Annotated[int, BeforeValidator(_not_boolean)]
Number = Annotated[float, BeforeValidator(_not_boolean)]

TaskName = Annotated[
    str,
    matching(
        _TASK_NAME,
        "at most 100 of the characters a-z, 0-9, '.', '_' and '-', the first a letter or digit",
    ),
]
TopicName = Annotated[
    str, matching(_TOPIC_NAME, "at most 249 of the characters a-z, A-Z, 0-9, '.', '_' and '-'")
]
BrokerUrl = Annotated[str, AfterValidator(_broker_url)]
FieldPath = Annotated[str, AfterValidator(_path)]
FieldPaths = Annotated[
    tuple[str, ...],
    BeforeValidator(_paths),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {"type": "array", "items": {"type": "string"}},
                {"type": "null"},
            ]
        }
    ),
]
"""One path, several, or null; held as a tuple."""

Numbers = Annotated[
    dict[str, str] | str,
    BeforeValidator(_numbers),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1},
                {"type": "array", "items": {"type": "string"}, "minItems": 1},
            ]
        }
    ),
]
"""The path of an object of numbers, or names to paths as in Features."""

Features = Annotated[
    dict[str, str],
    BeforeValidator(_features),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1},
                {"type": "array", "items": {"type": "string"}, "minItems": 1},
            ]
        }
    ),
]
"""Names to paths, or a list of paths that are their own names; held as name -> path."""
