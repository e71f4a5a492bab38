"""A schema registry that speaks Confluent's REST API, by Confluent's own client."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from models.errors import InvalidParameter
from stream.registry.errors import RegistryRefused, RegistryUnavailable
from stream.registry.extra import extra_schemas
from stream.registry.options import RegistryOptions
from stream.registry.schemas import SCHEMA_TYPES, Reference, Schema

if TYPE_CHECKING:
    from confluent_kafka import schema_registry as confluent

_Answer = TypeVar("_Answer")

_SCHEMA_NOT_FOUND = 40403
_NOT_FOUND = (40401, 40402, _SCHEMA_NOT_FOUND)
"""Subject, version and schema, in this order."""
_REFUSED = (401, 403, 409, 422)
_UNKNOWN_FOR = 1.0
"""Seconds for which an id that nobody knew is not asked for again."""
_MOST_UNKNOWN = 10_000
_RETRIES, _RETRY_MS = 2, 50
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_USER_INFO = re.compile(r"://[^/@\s]*@")


class SchemaRegistry:
    """Schemas by id, and ids of schemas. Any thread may use it.

    Raises MissingExtra where the client is not installed, InvalidParameter for a `ca_file` that
    cannot be used.
    """

    def __init__(self, options: RegistryOptions, clock: Callable[[], float] = monotonic) -> None:
        self._url = _USER_INFO.sub("://***@", options.url)
        self._auto_register = options.auto_register
        self._library = _library()
        self._config = _config_of(options)
        try:
            self._connected().close()  # what cannot work is told at once
        except OSError as error:
            rule = "a readable PEM file of authorities"
            raise InvalidParameter("ca_file", "the registry", rule, options.ca_file) from error
        self._clock = clock
        self._lock = Lock()
        self._schemas: dict[int, Schema] = {}
        self._unknown: dict[int, float] = {}

    def by_id(self, schema_id: int) -> Schema | None:
        """The schema of that id, with everything that it refers to; None if there is none.

        Raises RegistryUnavailable.
        """
        known = self._schemas.get(schema_id)
        if known is not None:
            return known
        with self._lock:  # so that one thread asks, and the others wait for the answer
            known = self._schemas.get(schema_id)
            return self._fetched(schema_id) if known is None else known

    def id_of(self, subject: str, schema: Schema) -> int:
        """The id of a schema without references under `subject`, where it is registered if need be.

        Raises RegistryRefused where that is not allowed or the registry will not have it, and
        RegistryUnavailable.
        """
        with self._lock:
            found = self._looked_up(subject, schema)
            if found is None and self._auto_register:
                return self._registered(subject, schema)
        if found is None:
            raise RegistryRefused(
                f"The schema registry {self._url} must hold the schema of subject {subject!r}, as "
                "registry.auto_register is false, got none that fits; `cutstream schema` prints it."
            )
        return found

    def types(self) -> list[str]:
        """The types of schemas that the registry takes. Raises RegistryUnavailable."""
        what = "which types of schemas it takes"
        found = self._ask(what, lambda client: client.get_schema_types())
        return sorted(found or [])

    def _fetched(self, schema_id: int) -> Schema | None:
        if self._clock() - self._unknown.get(schema_id, -_UNKNOWN_FOR) < _UNKNOWN_FOR:
            return None
        what = f"for the schema of id {schema_id}"
        found = self._ask(what, lambda client: client.get_schema(schema_id))
        if found is not None and found.schema_type == "PROTOBUF":
            found = self._ask(what, lambda client: client.get_schema(schema_id, fmt="serialized"))
        if found is None:
            if len(self._unknown) >= _MOST_UNKNOWN:
                self._unknown.clear()
            self._unknown[schema_id] = self._clock()
            return None
        schema = self._resolved(found, what, ())
        self._schemas[schema_id] = schema
        return schema

    def _resolved(self, found: confluent.Schema, what: str, inside: tuple[str, ...]) -> Schema:
        if found.schema_type not in SCHEMA_TYPES or found.schema_str is None:
            raise self._unavailable(what, f"a schema of type {found.schema_type!r}")
        if found.schema_type == "PROTOBUF" and not _BASE64.fullmatch(found.schema_str):
            raise self._unavailable(what, "text where `format=serialized` was asked for")
        references = tuple(
            self._reference(reference, what, inside) for reference in found.references or ()
        )
        return Schema(found.schema_type, found.schema_str, references)

    def _reference(self, reference: Any, what: str, inside: tuple[str, ...]) -> Reference:  # noqa: ANN401 - the library's own type has no stubs
        if reference.name in inside:
            raise self._unavailable(what, f"a schema that refers to itself as {reference.name!r}")
        subject, version = reference.subject, reference.version
        detail = f"{what}, which refers to version {version} of subject {subject!r}"
        found = self._ask(detail, lambda client: client.get_version(subject, version, True))
        if found is not None and found.schema.schema_type == "PROTOBUF":
            found = self._ask(
                detail,
                lambda client: client.get_version(subject, version, True, fmt="serialized"),
            )
        if found is None:
            raise self._unavailable(detail, "no such version")
        return Reference(
            reference.name, self._resolved(found.schema, detail, (*inside, reference.name))
        )

    def _looked_up(self, subject: str, schema: Schema) -> int | None:
        what = f"whether it holds the schema of subject {subject!r}"
        ours = self._library.Schema(schema.text, schema.type)
        found = self._ask(what, lambda client: client.lookup_schema(subject, ours), _REFUSED)
        if found is not None and found.schema_id is None:
            raise self._unavailable(what, "no id")
        return None if found is None else found.schema_id

    def _registered(self, subject: str, schema: Schema) -> int:
        what = f"for the registration of subject {subject!r}"
        ours = self._library.Schema(schema.text, schema.type)
        found = self._ask(what, lambda client: client.register_schema(subject, ours), _REFUSED)
        if found is None:
            raise self._unavailable(what, "no id")
        return found

    def _ask(
        self,
        what: str,
        question: Callable[[confluent.SchemaRegistryClient], _Answer],
        refused: Iterable[int] = (),
    ) -> _Answer | None:
        """The answer, or None where what was asked for is not there.

        Questions are rare, as answers are kept: so each has a connection of its own, and none is
        left open. The client itself would keep one answer by id, whichever form was asked for.
        """
        try:
            with self._connected() as client:
                return question(client)
        except self._library.SchemaRegistryError as error:
            if error.http_status_code == 404 and error.error_code in _NOT_FOUND:
                return None
            if error.http_status_code in refused:
                raise RegistryRefused(
                    f"The schema registry {self._url} must say yes when asked {what}, got: {error}."
                ) from error
            raise self._unavailable(what, str(error)) from error
        except Exception as error:
            # The client lets errors of its HTTP library and of JSON through, and wraps some twice.
            raise self._unavailable(what, f"{type(error).__name__}: {error}") from error

    def _unavailable(self, what: str, got: str) -> RegistryUnavailable:
        return RegistryUnavailable(
            f"The schema registry {self._url} must answer when asked {what}, got: {got}."
        )

    def _connected(self) -> confluent.SchemaRegistryClient:
        client: confluent.SchemaRegistryClient = self._library.SchemaRegistryClient(self._config)
        return client


def _config_of(options: RegistryOptions) -> dict[str, object]:
    config: dict[str, object] = {
        "url": options.url,
        "timeout": options.timeout,
        "max.retries": _RETRIES,
        "retries.wait.ms": _RETRY_MS,
    }
    if options.username is not None:
        config["basic.auth.user.info"] = f"{options.username}:{options.password or ''}"
    if options.ca_file is not None:
        config["ssl.ca.location"] = options.ca_file
    return config


def _library() -> Any:  # noqa: ANN401 - a module
    with extra_schemas():
        from confluent_kafka import schema_registry
    return schema_registry
