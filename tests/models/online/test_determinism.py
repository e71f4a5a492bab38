"""Every River model that a configuration may name answers alike in every process, and after every dump and load."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from models.online.build import build
from models.online.catalogue import classes
from tests.models.online.rivers import PARAMETERS, VARIANTS, tasks

ROOT = Path(__file__).parents[3]
RUNS = sorted(
    [f"{name} {task}" for name in classes() for task in tasks(name)]
    + [f"{name} variant" for name in VARIANTS]
)


def start(hash_seed: int, cut: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.models.online.rivers", str(cut)],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": str(hash_seed)},
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def found() -> list[dict[str, str]]:
    """What three processes found: two of other hash seeds, and one that dumped and loaded on the way."""
    processes = [start(0, cut=0), start(1, cut=0), start(2, cut=23)]
    return [json.loads(process.communicate(timeout=300)[0]) for process in processes]


@pytest.mark.parametrize("run", RUNS)
def test_answers_do_not_depend_on_the_process_or_on_a_cut(
    run: str, found: list[dict[str, str]]
) -> None:
    whole, other, cut = (results[run] for results in found)
    assert ":" not in whole, "the model failed"
    assert other == whole, "the answers depend on the hash seed"
    assert cut == whole, "the answers depend on where the stream was cut"


def unseeded(part: object, path: str, seen: set[int]) -> list[str]:
    """Where a River object could be given a seed and has none."""
    if id(part) in seen or isinstance(part, str | int | float | type(None) | type):
        return []
    seen.add(id(part))
    if isinstance(part, dict):
        inner = [(f"{path}[{key!r}]", value) for key, value in part.items()]
    elif isinstance(part, list | tuple):
        inner = [(f"{path}[{i}]", value) for i, value in enumerate(part)]
    elif type(part).__module__.startswith("river.") and hasattr(part, "__dict__"):
        inner = [(f"{path}.{key}", value) for key, value in vars(part).items()]
    else:
        return []
    # A scorer's distribution can be sampled, which nothing here does.
    own = [path] if getattr(part, "seed", 0) is None and not path.endswith("gaussian") else []
    return own + [place for name, value in inner for place in unseeded(value, name, seen)]


@pytest.mark.parametrize("name", [name for name in classes() if any(tasks(name))])
def test_everything_that_takes_a_seed_has_one(name: str) -> None:
    assert unseeded(build({name: PARAMETERS.get(name, {})}, 7, name), name, set()) == []
