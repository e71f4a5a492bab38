"""Tests of the transports. The contract's modules are no test modules, so their asserts need a word
to pytest."""

import pytest

pytest.register_assert_rewrite(
    "tests.stream.transports.contracts", "tests.stream.transports.harness"
)
