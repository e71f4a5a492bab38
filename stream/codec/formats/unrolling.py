"""Avro schemas that hold themselves, laid out to a depth: the reader has no limit but the stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DEEPEST = 100
"""Records inside of one another, as in JSON."""

_NAMED = ("record", "error", "enum", "fixed")
_KEPT = ("type", "logicalType", "precision", "scale", "symbols", "size")
_BEYOND = {"type": "fixed", "name": "cutstream.Beyond", "size": 2**40}
"""Stands below the deepest level: no payload holds as many bytes, so none can be read."""


def unrolled(definition: Any, named: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON
    """A schema of the same payloads that does not hold itself, nested at most DEEPEST records deep.

    definition: as fastavro parsed it; named: its named types, by full name. A schema that does not
    hold itself is returned as it is.
    """
    if not any(_reaches(named[name], name, named, set()) for name in named):
        return definition
    return _Levels(named).of(definition, 0)


class _Levels:
    """Lays out named types, each anew for every level at which it stands."""

    def __init__(self, named: Mapping[str, Any]) -> None:
        self._named = named
        self._made: set[str] = set()

    def of(self, definition: Any, level: int) -> Any:  # noqa: ANN401 - any JSON
        if isinstance(definition, list):
            return [self.of(branch, level) for branch in definition]
        if isinstance(definition, str):
            named = self._named.get(definition)
            return definition if named is None else self._of_named(named, level)
        if definition["type"] in _NAMED:
            return self._of_named(definition, level)
        parts = {
            part: self.of(definition[part], level)
            for part in ("items", "values")
            if part in definition
        }
        return {**_kept(definition), **parts}

    def _of_named(self, definition: Any, level: int) -> Any:  # noqa: ANN401 - any JSON
        name = f"{definition['name']}__{level}" if level <= DEEPEST else _BEYOND["name"]
        if name in self._made:
            return name
        self._made.add(str(name))
        if level > DEEPEST:
            return _BEYOND
        made = {**_kept(definition), "name": name}
        if "fields" in definition:
            made["fields"] = [
                {"name": field["name"], "type": self.of(field["type"], level + 1)}
                for field in definition["fields"]
            ]
        return made


def _kept(definition: dict[str, Any]) -> dict[str, Any]:
    return {part: definition[part] for part in _KEPT if part in definition}


def _reaches(definition: Any, name: str, named: Mapping[str, Any], seen: set[str]) -> bool:  # noqa: ANN401 - any JSON
    """Whether a type called `name` stands anywhere inside of a definition."""
    if isinstance(definition, str):
        if definition == name:
            return True
        if definition not in named or definition in seen:
            return False
        seen.add(definition)
        return _reaches(named[definition], name, named, seen)
    if isinstance(definition, list):
        parts = definition
    else:
        fields = [field["type"] for field in definition.get("fields", ())]
        parts = [*fields, *(definition[part] for part in ("items", "values") if part in definition)]
    return any(_reaches(part, name, named, seen) for part in parts)
