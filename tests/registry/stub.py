"""A schema registry on loopback: Confluent's REST API, as far as its clients use it."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

Answer = tuple[int, object]

_MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"


@dataclass
class Registry:
    """What the registry holds, and how it is made to fail."""

    url: str = ""
    schemas: list[dict[str, Any]] = field(default_factory=list)
    """By id, counted from 1."""
    subjects: dict[str, list[int]] = field(default_factory=dict)
    """By subject, the id of each version, counted from 1."""
    credentials: tuple[str, str] | None = None
    read_only: bool = False
    incompatible: bool = False
    failing: int | None = None
    """The status that every request is answered with; None answers them."""
    asked: Counter[str] = field(default_factory=Counter)
    """How often each method and path came."""

    def add(
        self,
        text: str,
        kind: str = "AVRO",
        subject: str = "given-value",
        references: list[dict[str, Any]] | None = None,
    ) -> int:
        """Register a schema, or find it; return its id."""
        entry = {"schema": text, "schemaType": kind, "references": references or []}
        if entry not in self.schemas:
            self.schemas.append(entry)
        schema_id = self.schemas.index(entry) + 1
        versions = self.subjects.setdefault(subject, [])
        if schema_id not in versions:
            versions.append(schema_id)
        return schema_id

    def shown(self, schema_id: int, form: str) -> dict[str, Any]:
        """The schema in an answer: what is Avro is not named, what is Protobuf is text."""
        entry = dict(self.schemas[schema_id - 1])
        if entry["schemaType"] == "AVRO":
            del entry["schemaType"]
        if entry.get("schemaType") == "PROTOBUF":
            if form != "serialized":
                entry["schema"] = 'syntax = "proto3"; // and so on'
        elif form:
            entry["schema"] = "no such form"
        if not entry["references"]:
            del entry["references"]
        return entry

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Answer:
        """Status and body for one request."""
        parts = [unquote(part) for part in path.strip("/").split("/")]
        form = query.get("format", "")
        match (method, parts):
            case ("GET", ["schemas", "ids", number]):
                if not 1 <= int(number) <= len(self.schemas):
                    return 404, error(40403, f"Schema {number} not found")
                return 200, self.shown(int(number), form)
            case ("GET", ["schemas", "types"]):
                return 200, ["JSON", "PROTOBUF", "AVRO"]
            case ("GET", ["subjects", subject, "versions", version]):
                return self._version(subject, int(version), form)
            case ("POST", ["subjects", subject]):
                return self._lookup(subject, body)
            case ("POST", ["subjects", subject, "versions"]):
                return self._register(subject, body)
        return 404, error(404, "HTTP 404 Not Found")

    def _version(self, subject: str, version: int, form: str) -> Answer:
        versions = self.subjects.get(subject)
        if versions is None:
            return 404, error(40401, f"Subject '{subject}' not found.")
        if not 1 <= version <= len(versions):
            return 404, error(40402, f"Version {version} not found.")
        schema_id = versions[version - 1]
        place = {"subject": subject, "version": version, "id": schema_id}
        return 200, {**place, **self.shown(schema_id, form)}

    def _lookup(self, subject: str, body: Any) -> Answer:
        if subject not in self.subjects:
            return 404, error(40401, f"Subject '{subject}' not found.")
        for version, schema_id in enumerate(self.subjects[subject], start=1):
            if self.schemas[schema_id - 1] == as_entry(body):
                return 200, {"subject": subject, "version": version, "id": schema_id, **body}
        return 404, error(40403, "Schema not found")

    def _register(self, subject: str, body: Any) -> Answer:
        if self.read_only:
            return 403, error(40301, "User is denied operation Write on Subject")
        if self.incompatible:
            return 409, error(409, "Schema being registered is incompatible with an earlier schema")
        entry = as_entry(body)
        found = self.add(entry["schema"], entry["schemaType"], subject, entry["references"])
        return 200, {"id": found}


def as_entry(body: Any) -> dict[str, Any]:
    return {
        "schema": body["schema"],
        "schemaType": body.get("schemaType", "AVRO"),
        "references": body.get("references") or [],
    }


def error(code: int, message: str) -> dict[str, object]:
    return {"error_code": code, "message": message}


@contextmanager
def running_registry(port: int = 0) -> Iterator[Registry]:
    """A registry that answers on a free port of loopback for the length of a block."""
    registry = Registry()
    server = ThreadingHTTPServer(("127.0.0.1", port), _handler_of(registry))
    registry.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield registry
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler_of(registry: Registry) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._respond(None)

        def do_POST(self) -> None:
            self._respond(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _respond(self, body: object) -> None:
            url = urlsplit(self.path)
            registry.asked[f"{self.command} {url.path}"] += 1
            query = {name: values[0] for name, values in parse_qs(url.query).items()}
            if registry.failing is not None:
                status, answer = registry.failing, error(registry.failing, "told to fail")
            elif not self._allowed():
                status, answer = 401, error(401, "Unauthorized")
            else:
                status, answer = registry.answer(self.command, url.path, query, body)
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", _MEDIA_TYPE)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _allowed(self) -> bool:
            if registry.credentials is None:
                return True
            expected = base64.b64encode(":".join(registry.credentials).encode()).decode()
            return self.headers["Authorization"] == f"Basic {expected}"

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    return Handler
