"""The one edge where a configuration meets environment variables and secret files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stream.settings.section import Section, part_of

_REFERENCE = re.compile(r"\$(\$)?\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


def substitute(raw: Any, environment: Mapping[str, str], problems: list[str]) -> Any:  # noqa: ANN401 - any YAML
    """`raw` with `${NAME}` and `${NAME:-default}` replaced in every text; `$${` stands for `${`.

    The default also replaces an empty variable. Appends a sentence for each variable that is unset
    and has no default.
    """
    return _substitute(raw, "", environment, problems)


def read_secrets(
    raw: dict[str, Any], section: type[Section], problems: list[str], path: str = ""
) -> dict[str, Any]:
    """`raw` with each `<secret>_file` of `section` and its parts replaced by the file's text.

    Appends a sentence for each file that cannot be read, or that competes with the secret itself.
    """
    filled = dict(raw)
    for name in section.secrets():
        if f"{name}_file" in filled:
            _read_secret(filled, name, f"{path}{name}_file", problems)
    for name, field in section.model_fields.items():
        (part, many), value = part_of(field.annotation), filled.get(name)
        if part is None or not isinstance(value, dict):
            continue
        read = _read_each if many else read_secrets
        filled[name] = read(value, part, problems, f"{path}{name}.")
    return filled


def _read_each(
    items: dict[str, Any], part: type[Section], problems: list[str], path: str
) -> dict[str, Any]:
    return {
        key: read_secrets(item, part, problems, f"{path}{key}.") if isinstance(item, dict) else item
        for key, item in items.items()
    }


def _substitute(node: Any, path: str, environment: Mapping[str, str], problems: list[str]) -> Any:  # noqa: ANN401 - any YAML
    if isinstance(node, dict):
        return {
            key: _substitute(item, f"{path}.{key}" if path else str(key), environment, problems)
            for key, item in node.items()
        }
    if isinstance(node, list):
        return [
            _substitute(item, f"{path}.{index}", environment, problems)
            for index, item in enumerate(node)
        ]
    if not isinstance(node, str):
        return node

    def value_of(match: re.Match[str]) -> str:
        escaped, name, default = match.groups()
        if escaped:
            return match[0][1:]
        value = environment.get(name)
        if default is not None:
            return value or default
        if value is None:
            problems.append(
                f"{path} must name environment variables that are set, got ${{{name}}}, "
                "which is not."
            )
        return value or ""

    return _REFERENCE.sub(value_of, node)


def _read_secret(section: dict[str, Any], name: str, path: str, problems: list[str]) -> None:
    file = section.pop(f"{name}_file")
    if section.get(name) is not None:
        problems.append(f"{path} must be absent when {name} is set, got {file!r}.")
        return
    try:
        section[name] = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, ValueError, TypeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        problems.append(f"{path} must be a readable file, got {file!r}: {reason}.")
