"""A desk that cannot start says why in a sentence."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("CUTSTREAM_CONFIG", "nowhere.yaml", "nowhere.yaml: The file must be readable"),
        ("CUTSTREAM_BROKER", "http://any", "CUTSTREAM_BROKER must be kafka://"),
    ],
)
def test_a_wrong_environment_is_told_without_a_traceback(name, value, sentence, tmp_path):
    command = [sys.executable, "-m", "faust", "-A", "stream.desk", "worker"]
    environment = {**os.environ, name: value, "PYTHONPATH": os.getcwd()}
    ended = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert f"error: {'environment: ' if 'BROKER' in name else ''}{sentence}" in ended.stderr
    assert "Traceback" not in ended.stderr
