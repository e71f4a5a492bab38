"""What the documents show of the verbs is what happens."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from models.forest import forest

PAGE = Path(__file__).parents[4] / "docs/forest.md"


@pytest.mark.usefixtures("compiled")
def test_the_examples_of_the_page_are_true() -> None:
    found = doctest.testfile(str(PAGE), module_relative=False)
    assert found.attempted > 30
    assert found.failed == 0


@pytest.mark.usefixtures("compiled")
def test_the_examples_of_the_class_are_true() -> None:
    found = doctest.testmod(forest)
    assert found.attempted > 3
    assert found.failed == 0
