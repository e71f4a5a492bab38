"""Without the extra, JSON works as ever, and other formats say what they lack."""

from __future__ import annotations

import subprocess
import sys

import pytest

from stream.codec.formats.reading import make_reader
from stream.codec.formats.writing import make_encoder
from stream.registry import MissingExtra
from tests.stream.codec.formats.memory import MemoryRegistry

WITHOUT = """
import sys
for name in ("confluent_kafka", "fastavro", "google", "google.protobuf"):
    sys.modules[name] = None
from stream.errors import CutstreamError
from stream.settings import loads
from stream.tasks.detect import DetectTask
from tests.stream.tasks.fakes import CountingBank
import stream.cli.app, stream.codec.formats.rereading, stream.query.formats

def task(form):
    text = "{topic: t, features: [x], format: %s}" % form
    settings = loads("registry: {url: 'http://r'}\\ndetectors: {d: {input: %s}}" % text)
    return DetectTask(settings, "d", CountingBank)

task("json")
try:
    task("avro")
except CutstreamError as error:
    print(error)
"""


def test_json_works_without_the_extra() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert done.stdout.startswith(
        "A format other than json needs the extra `schemas` to be installed "
        "(pip install 'cutstream[schemas]'), got: "
    )


@pytest.mark.parametrize("library", ["fastavro", "google.protobuf"])
def test_a_half_installed_extra_is_no_fault_of_the_records(
    monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingExtra, match="needs the extra `schemas`"):
        make_reader("avro", MemoryRegistry())


def test_an_encoder_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fastavro", None)
    with pytest.raises(MissingExtra, match="needs the extra `schemas`"):
        make_encoder("avro", "score", "t", MemoryRegistry())
