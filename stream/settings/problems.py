"""Validation errors as sentences: which setting, must be what, got what."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from stream.settings.section import Section, part_of

NOT_EMPTY = "a mapping of at least one entry"
_RULES = {
    "greater_than_equal": "at least {ge}",
    "greater_than": "above {gt}",
    "less_than_equal": "at most {le}",
    "less_than": "below {lt}",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a smaller whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "string_type": "text",
    "string_too_short": "at least {min_length} character long",
    "literal_error": "{expected}",
    "dict_type": "a mapping",
    "list_type": "a list",
    "model_type": "a mapping",
    "too_short": NOT_EMPTY,
    "value_error": "{error}",
    "rule": "{rule}",
}
_USER_INFO = re.compile(r"://[^/@\s]*@")
_LONGEST = 120
_HIDDEN = "a hidden value"


def sentences(error: ValidationError, root: type[Section]) -> list[str]:
    """One sentence per problem, in the order of the settings. Secrets are never shown."""
    return [sentence for detail in error.errors() for sentence in _sentences(detail, root)]


def locations(error: ValidationError) -> list[list[str]]:
    """The path of every faulty setting."""
    return [_location(detail) for detail in error.errors() if detail["loc"]]


def _location(detail: ErrorDetails) -> list[str]:
    location = [str(part) for part in detail["loc"] if part != "[key]"]
    field = detail.get("ctx", {}).get("field")
    return location + (field.split(".") if field else [])


def _sentences(detail: ErrorDetails, root: type[Section]) -> list[str]:
    context: dict[str, Any] = detail.get("ctx", {})
    if detail["type"] == "sentences":
        return list(context["problems"])
    location = _location(detail)
    if detail["type"] in ("extra_forbidden", "invalid_key"):
        return [_unknown(location, root)]
    path = ".".join(location) or "the configuration"
    if detail["type"] == "missing":
        return [f"{path} must be set, got nothing."]
    template = _RULES.get(detail["type"])
    rule = (
        template.format(**context) if template else detail["msg"].removeprefix("Input should be ")
    )
    secret = bool(location) and _is_secret(location, root)
    value = context.get("got", detail["input"])
    got = _HIDDEN if secret and value is not None else _shown(value)
    return [f"{path} must be {rule}, got {got}."]


def _unknown(location: Sequence[str], root: type[Section]) -> str:
    *parents, name = location
    section = _section_at(parents, root)
    known = [] if section is None else list(section.model_fields)
    where = ".".join(parents) or "the configuration"
    close = difflib.get_close_matches(name, known, 1)
    rule = f"like {close[0]!r}" if close else "one of " + ", ".join(map(repr, known))
    return f"A setting of {where} must be {rule}, got {name!r}."


def _is_secret(location: Sequence[str], root: type[Section]) -> bool:
    section = _section_at(location[:-1], root)
    return section is not None and location[-1] in section.secrets()


def _section_at(location: Sequence[str], root: type[Section]) -> type[Section] | None:
    """The section at a path such as detectors.water.input; None where there is none."""
    section, names = root, list(location)
    while names:
        field = section.model_fields.get(names.pop(0))
        part, many = (None, False) if field is None else part_of(field.annotation)
        if part is None:
            return None
        if many and names:
            names.pop(0)
        section = part
    return section


def _shown(value: object) -> str:
    if value is None:
        return "null"
    text = "a mapping" if isinstance(value, dict) else _USER_INFO.sub("://***@", repr(value))
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."
