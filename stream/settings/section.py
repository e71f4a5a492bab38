"""What every part of the configuration shares."""

from __future__ import annotations

from typing import Any, get_args, get_origin

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, SecretStr
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError


class Section(BaseModel):
    """A part of the configuration: frozen, without unknown settings."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @classmethod
    def secrets(cls) -> list[str]:
        """Names of the settings that a file may hold, which `<name>_file` then names."""
        return [
            name
            for name, field in cls.model_fields.items()
            if field.annotation in (SecretStr, SecretStr | None)
        ]

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler.resolve_ref_schema(handler(core_schema))
        for name in cls.secrets():
            schema["properties"][f"{name}_file"] = {
                "type": "string",
                "description": f"File that holds `{name}`; white space around it is dropped.",
            }
        return schema


def part_of(annotation: object) -> tuple[type[Section] | None, bool]:
    """The section behind a setting's type, and whether there are many of them, by name.

    (None, False) for a setting that is no section; one that may be null counts as a section.
    """
    candidates = (annotation, *get_args(annotation))
    for candidate in candidates:
        if isinstance(candidate, type) and issubclass(candidate, Section):
            return candidate, get_origin(annotation) is dict
    return None, False


def refusal(field: str, rule: str, got: Any) -> PydanticCustomError:  # noqa: ANN401 - any value
    """The error of a rule between several settings, to be told of `field` of the section."""
    return PydanticCustomError("rule", "{rule}", {"field": field, "rule": rule, "got": got})
