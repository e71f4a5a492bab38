"""Record values of any format as JSON, for those who look into a log."""

from __future__ import annotations

from typing import Any

import msgspec

from stream.codec.formats.published import TYPES, Published, shape
from stream.codec.formats.reading import FramedReader, Schemas
from stream.codec.formats.shapes import Mapping
from stream.codec.formats.values import Instant, text_of
from stream.codec.json_text import Undecodable
from stream.codec.timestamps import FIRST, LAST, to_rfc3339
from stream.registry.framing import MAGIC


class JsonView:
    """Shows record values as JSON: those without a frame untouched, framed ones decoded.

    schemas: where their schemas come from; without, framed values stay as they are.
    """

    def __init__(self, schemas: Schemas | None) -> None:
        self._reader = None if schemas is None else FramedReader(schemas)

    def json(self, value: bytes) -> bytes | Undecodable:
        """The value as JSON. Raises RegistryUnavailable."""
        document = self.document(value)
        if document is None or isinstance(document, Undecodable):
            return value if document is None else document
        try:
            return msgspec.json.encode(document, enc_hook=_of_other_formats)
        except (TypeError, ValueError) as error:
            return Undecodable(f"The value has no form in JSON: {error}.")

    def document(self, value: bytes) -> object | None:
        """What a framed value holds, or Undecodable; None for one that has no frame."""
        if self._reader is None or value[:1] != bytes([MAGIC]):
            return None
        return self._reader.read(value)


class PublishedView:
    """Shows published records of one kind as the JSON that another format stands for."""

    def __init__(self, name: Published, schemas: Schemas | None) -> None:
        self._view = JsonView(schemas)
        self._type = TYPES[name]
        self._nullable = [
            field.name
            for field in shape(name).fields
            if isinstance(field.shape, Mapping) and field.nullable
        ]

    def json(self, value: bytes) -> bytes | Undecodable:
        """The record as JSON; plain values are not looked into. Raises RegistryUnavailable."""
        document = self._view.document(value)
        if document is None:
            return value
        if not isinstance(document, dict):
            return document if isinstance(document, Undecodable) else Undecodable("No record.")
        try:
            return msgspec.json.encode(msgspec.convert(self._restored(document), self._type))
        except (msgspec.MsgspecError, ValueError) as error:
            return Undecodable(f"The value must hold a published record, got: {error}.")

    def _restored(self, document: dict[str, Any]) -> dict[str, Any]:
        # Protobuf has no null: its empty mappings are those that JSON leaves out.
        absent = {name: None for name in self._nullable if not document.get(name)}
        return {**document, **absent}


def _of_other_formats(value: object) -> str:
    if isinstance(value, Instant):
        return to_rfc3339(min(max(int(value), FIRST), LAST))
    text = text_of(value)
    if text is None:
        raise TypeError(f"no JSON for {type(value).__name__}")
    return text
