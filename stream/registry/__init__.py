"""Schemas by the id that stands in a record, from a registry that speaks Confluent's REST API."""

from stream.registry.client import SchemaRegistry
from stream.registry.errors import MissingExtra, RegistryRefused, RegistryUnavailable
from stream.registry.options import RegistryOptions
from stream.registry.schemas import Reference, Schema, SchemaType

__all__ = [
    "MissingExtra",
    "Reference",
    "RegistryOptions",
    "RegistryRefused",
    "RegistryUnavailable",
    "Schema",
    "SchemaRegistry",
    "SchemaType",
]
