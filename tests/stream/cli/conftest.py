from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from stream.cli import console
from stream.cli.app import app
from stream.transports import Transport, connect

CONFIG = """
broker: sqlite:///{path}
detectors:
  pumps:
    input:
      topic: pumps
      partitions: 2
      key: [site, pump]
      timestamp: at
      features: [flow]
"""


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/log.db"


@pytest.fixture
def log(url: str) -> Iterator[Transport]:
    transport = connect(url)
    yield transport
    transport.close()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "cutstream.yaml"
    path.write_text(CONFIG.format(path=tmp_path / "log.db"))
    return path


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Outcome]:
    """Run a command line as the console script does."""

    def whole(*arguments: object) -> Outcome:
        monkeypatch.setattr("sys.argv", ["cutstream", *map(str, arguments)])
        with pytest.raises(SystemExit) as ending:
            console.run(app)
        captured = capsys.readouterr()
        return Outcome(int(ending.value.code or 0), captured.out, captured.err)

    return whole
