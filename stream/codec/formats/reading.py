"""From record values in any format to documents: values as JSON has them, moments and decimals."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from stream.codec.formats.names import Format
from stream.codec.json_text import Undecodable, decode_json
from stream.codec.paths import split_path
from stream.codec.reasons import RejectReason
from stream.registry.extra import extra_schemas
from stream.registry.framing import FRAME, BadFraming, unframe
from stream.registry.schemas import Schema, SchemaType

Read = Callable[[bytes], object]
"""From a value to its document, or Undecodable. Raises RegistryUnavailable, and nothing else."""

_TYPES: dict[Format, SchemaType] = {
    "avro": "AVRO",
    "json-schema": "JSON",
    "protobuf": "PROTOBUF",
}


class Schemas(Protocol):
    """What readers need of stream.registry.SchemaRegistry."""

    def by_id(self, schema_id: int) -> Schema | None: ...


def make_reader(form: Format, schemas: Schemas | None, paths: Iterable[str] = ()) -> Read:
    """The reader of a format.

    schemas: where schemas come from; needed by every format but json. paths: the field paths that
    will be looked at; without any, documents are whole.

    Raises ValueError for a path that is none.
    """
    if form == "json":
        return decode_json
    if schemas is None:
        raise ValueError(f"the format {form} needs a schema registry")
    with extra_schemas():  # or every record would be at fault
        import fastavro  # noqa: F401 - only to see whether it is there
        import google.protobuf  # noqa: F401 - see above
    return FramedReader(schemas, _TYPES[form], [split_path(path) for path in paths]).read


class FramedReader:
    """Reads values that begin with the id of their schema.

    kind: the type that a schema must have; None for any.
    """

    def __init__(
        self,
        schemas: Schemas,
        kind: SchemaType | None = None,
        paths: Iterable[tuple[str, ...]] = (),
    ) -> None:
        self._schemas = schemas
        self._kind = kind
        self._paths = list(paths)
        self._decoders: dict[bytes, Read] = {}
        """By frame: what has a known one is sure to be framed."""

    def read(self, value: bytes) -> object:
        """See Read."""
        decode = self._decoders.get(value[:FRAME])
        return self._first(value) if decode is None else decode(value[FRAME:])

    def _first(self, value: bytes) -> object:
        """Read the first value of a schema."""
        try:
            schema_id, payload = unframe(value)
        except BadFraming as error:
            return Undecodable(str(error))
        schema = self._schemas.by_id(schema_id)
        if schema is None:
            return Undecodable(
                f"The schema of the value must be in the registry, got the id {schema_id}.",
                RejectReason.UNKNOWN_SCHEMA,
            )
        decode = self._decoders[value[:FRAME]] = self._compiled(schema_id, schema)
        return decode(payload)

    def _compiled(self, schema_id: int, schema: Schema) -> Read:
        if self._kind is not None and schema.type != self._kind:
            return _always(
                f"The schema of the value must be of the type {self._kind}, got the id "
                f"{schema_id}, which is of the type {schema.type}."
            )
        try:
            return self._decoder_of(schema)
        except (
            Exception
        ) as error:  # a schema can be wrong in as many ways as its language has rules
            return _always(f"The schema of id {schema_id} cannot be used: {error}.")

    def _decoder_of(self, schema: Schema) -> Read:
        if schema.type == "JSON":
            return decode_json
        if schema.type == "AVRO":
            from stream.codec.formats.avro import compile_avro

            return compile_avro(schema)
        from stream.codec.formats.messages import needed
        from stream.codec.formats.protobuf import compile_protobuf

        return compile_protobuf(schema, needed(self._paths))


def _always(detail: str) -> Read:
    return lambda _payload: Undecodable(detail)
