from __future__ import annotations

from collections.abc import Iterator

import pytest

from stream.registry import RegistryOptions, SchemaRegistry
from tests.registry.stub import Registry, running_registry


@pytest.fixture
def registry() -> Iterator[Registry]:
    with running_registry() as running:
        yield running


@pytest.fixture
def client(registry: Registry) -> SchemaRegistry:
    return SchemaRegistry(RegistryOptions(url=registry.url))
