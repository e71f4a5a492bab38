from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stream.cli.conftest import Outcome

Run = Callable[..., Outcome]
TWO = """
worker: {snapshot_every: 500}
detectors:
  pumps: {input: {topic: pumps, key: [pump], features: [flow], partitions: 4}}
  hosts: {input: {topic: hosts, key: [host], features: [cpu, load]}, shingle_size: 2, forest: {n_trees: 20}}
"""


def told(run: Run, *arguments: object) -> dict[str, object]:
    outcome = run("estimate", "--no-measure", "--json", *arguments)
    assert (outcome.code, outcome.err) == (0, "")
    return json.loads(outcome.out)


def test_a_shape_is_estimated(run: Run) -> None:
    found = told(run, "--features", 5, "--shingle", 4, "--keys", 300, "--rate-per-key", 2)
    one = found["detectors"]["detector"]
    assert (one["features"], one["shingle_size"], one["trees"], one["samples"]) == (5, 4, 50, 256)
    assert (one["keys"], one["events_per_second"], one["partitions"]) == (300, 600, 1)
    assert one["memory"] == found["total"]["memory"]
    assert 300 * one["key"]["memory"] < one["memory"]
    assert one["processor"] is None
    assert found["total"]["cores"] is None
    few = list(one["key_by_records"].values())
    assert few[0]["memory"] < few[-1]["memory"] == one["key"]["memory"]


def test_every_detector_of_a_configuration_is_estimated(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "two.yaml"
    config.write_text(TWO)
    found = told(run, "--config", config, "--keys", 50, "--keys", "pumps=8000", "--rate", 10)
    pumps, hosts = found["detectors"]["pumps"], found["detectors"]["hosts"]
    assert (pumps["keys"], hosts["keys"]) == (8000, 50)
    assert (pumps["partitions"], pumps["shingle_size"]) == (4, 8)
    assert (hosts["trees"], hosts["shingle_size"], hosts["features"]) == (20, 2, 2)
    assert pumps["snapshots_per_event"] == pytest.approx(2000 / 2500)
    assert found["total"]["memory"] == pumps["memory"] + hosts["memory"]
    assert found["total"]["snapshot_bytes_per_second"] == pytest.approx(
        10 * (pumps["snapshot_bytes_per_event"] + hosts["snapshot_bytes_per_event"])
    )


def test_people_get_tables(run: Run) -> None:
    outcome = run("estimate", "--no-measure", "--keys", 2000, "--records", 50)
    assert outcome.code == 0
    lines = [" ".join(line.split()) for line in outcome.out.splitlines()]
    assert "records seen memory with boxes snapshot" in lines
    assert "keys 2,000" in lines
    assert "events per second unknown" in lines
    assert "cores unknown" in lines


def test_the_machine_is_measured_unless_told_not_to(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stream.estimate import speed

    for name, few in (("ROUNDS", 1), ("EVENTS", 8), ("MANY", 4), ("FILLED", 1)):
        monkeypatch.setattr(speed, name, few)
    outcome = run("estimate", "--samples", 16, "--keys", 10, "--rate", 100, "--json")
    assert outcome.code == 0
    processor = json.loads(outcome.out)["detectors"]["detector"]["processor"]
    assert processor["cores"] == pytest.approx(100 / processor["all"])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--keys", "many"], "The 'keys' of the command line must be a number"),
        (["--keys", "pumps=3"], "The 'keys' of the command line must be of one of the detectors"),
        (["--keys", "0"], "The 'keys' of the workload must be at least 1"),
        (["--rate", "5", "--rate-per-key", "1"], "The 'rate' of the command line must be left out"),
        (["--features", "0"], "The 'features' of the detector must be at least 1"),
        (["--samples", "1"], "The 'sample_size' of the detector must be from 4"),
        (["--hot", "2"], "The 'hot' of the workload must be from 0 to 1"),
    ],
)
def test_what_cannot_be_is_one_sentence(run: Run, arguments: list[str], sentence: str) -> None:
    outcome = run("estimate", "--no-measure", *arguments)
    assert outcome.code == 2
    assert outcome.err.startswith(f"error: {sentence}")
    assert len(outcome.err.splitlines()) == 1


def test_a_shape_beside_a_configuration_is_refused(run: Run, config: Path) -> None:
    outcome = run("estimate", "--config", config, "--trees", 30)
    assert outcome.code == 2
    assert "The 'n_trees' of the command line must be left out" in outcome.err
