"""What a broker needs is found, or the tests say what is missing."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.broker.fixtures import NEED_ANY, Wish, go_without, wish
from tests.broker.installation import can_run_kafka, find_java, java_version, kafka_version
from tests.broker.listeners import Listener, listener_properties


@pytest.mark.parametrize(
    ("banner", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime Environment', 17),
        ('java version "1.8.0_292"', 8),
        ('openjdk version "22" 2024-03-19', 22),
        ('openjdk version "25-ea" 2025-09-16', 25),
        ('Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "21.0.1"', 21),
        ("The operation couldn't be completed. Unable to locate a Java Runtime.", None),
        ("", None),
    ],
)
def test_java_tells_its_version(banner, version):
    assert java_version(banner) == version


def _program(folder, name, banner):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{banner}' >&2\n")
    path.chmod(0o755)
    return str(path)


def test_an_old_java_is_passed_over(tmp_path):
    _program(tmp_path / "home/bin", "java", 'java version "1.8.0_292"')
    new = _program(tmp_path / "path", "java", 'openjdk version "17.0.1"')
    environment = {"JAVA_HOME": str(tmp_path / "home"), "PATH": str(tmp_path / "path")}
    assert find_java(environment) == new
    assert find_java({"PATH": str(tmp_path / "home/bin")}) is None


def test_a_broker_needs_maven_too(tmp_path):
    _program(tmp_path, "java", 'openjdk version "17.0.1"')
    assert not can_run_kafka({"PATH": str(tmp_path)})
    _program(tmp_path, "mvn", "Apache Maven")
    assert can_run_kafka({"PATH": str(tmp_path)})


def test_the_version_is_that_of_the_pom():
    assert kafka_version().startswith("4.")


def test_what_the_environment_says():
    assert wish({}) == Wish(None, False)
    assert wish({"CUTSTREAM_TEST_KAFKA": "", "CUTSTREAM_REQUIRE_KAFKA": "0"}) == Wish(None, False)
    assert wish({"CUTSTREAM_TEST_KAFKA": "h:1"}).address == "h:1"
    assert wish({"CUTSTREAM_REQUIRE_KAFKA": "1"}).required


def test_a_missing_broker_is_a_skip_unless_required():
    with pytest.raises(pytest.skip.Exception, match="CUTSTREAM_TEST_KAFKA=host:port"):
        go_without(NEED_ANY, Wish(None, False))
    with pytest.raises(pytest.fail.Exception, match="CUTSTREAM_REQUIRE_KAFKA is set"):
        go_without(NEED_ANY, Wish(None, True))


@pytest.mark.parametrize(("required", "code"), [("0", 0), ("1", 1)])
def test_without_java_the_summary_says_what_is_missing(tmp_path, required, code):
    environment = {
        **{name: value for name, value in os.environ.items() if name != "JAVA_HOME"},
        "PATH": str(tmp_path),
        "CUTSTREAM_REQUIRE_KAFKA": required,
    }
    command = [sys.executable, "-m", "pytest", "-rs", "-p", "no:cacheprovider"]
    test = "tests/broker/test_broker.py::test_the_shared_broker_answers"
    run = subprocess.run(
        [*command, test], env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == code, run.stdout
    assert NEED_ANY in run.stdout


def test_further_listeners_have_lines_of_their_own():
    listener = Listener("SASL_SSL", {"ssl.client.auth": "none"}, port=3)
    lines = listener_properties(1, 2, [listener])
    assert lines["listeners"] == (
        "PLAINTEXT://127.0.0.1:1,EXTRA0://127.0.0.1:3,CONTROLLER://127.0.0.1:2"
    )
    assert lines["listener.security.protocol.map"].endswith("EXTRA0:SASL_SSL")
    assert lines["listener.name.extra0.ssl.client.auth"] == "none"
