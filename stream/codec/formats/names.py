"""The forms that the value of a record may have."""

from __future__ import annotations

from typing import Literal, get_args

Format = Literal["json", "avro", "json-schema", "protobuf"]
FORMATS: tuple[Format, ...] = get_args(Format)

CONTENT_TYPES: dict[Format, str] = {
    "json": "application/json",
    "avro": "application/avro; framing=confluent",
    "json-schema": "application/json; framing=confluent",
    "protobuf": "application/protobuf; framing=confluent",
}
"""The media types. All but plain JSON stand behind the id of their schema."""
