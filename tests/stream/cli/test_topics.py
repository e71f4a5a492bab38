from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from stream.transports import Transport
from stream.transports.protocol import TopicSpec
from tests.stream.cli.conftest import Outcome

Run = Callable[..., Outcome]


def test_a_plan_says_what_is_to_be_done_and_apply_does_it(
    run: Run, config: Path, tmp_path: Path
) -> None:
    planned = run("topics", "plan", config)
    assert planned.code == 3
    assert [row.split()[:3] for row in planned.out.splitlines()[1:3]] == [
        ["create", "pumps", "2"],
        ["create", "cutstream.pumps.rekeyed", "2"],
    ]
    assert not (tmp_path / "log.db").exists()
    applied = run("topics", "apply", config)
    assert (applied.code, applied.out.splitlines()[0]) == (0, "created pumps, 2 partitions")
    assert run("topics", "plan", config).code == 0
    assert run("topics", "apply", config).out == "All 6 topics are as declared.\n"


def test_another_retention_is_put_in_force(run: Run, config: Path, log: Transport) -> None:
    run("topics", "apply", config)
    config.write_text(config.read_text() + "    output: {retention: 2d}\n")
    planned = run("topics", "plan", config)
    assert planned.code == 3
    assert planned.out.splitlines()[-1] == (
        "change: The topic 'pumps.scores' must keep records for 2d, got for ever."
    )
    assert run("topics", "apply", config).out == "changed pumps.scores, 2 partitions\n"
    assert log.topics()["pumps.scores"].spec.retention_ms == 172_800_000


def test_every_mismatch_is_told_and_nothing_is_done(run: Run, config: Path, log: Transport) -> None:
    log.ensure_topic(TopicSpec("pumps", 3))
    log.ensure_topic(TopicSpec("pumps.scores", 3, compact=True))
    planned = run("topics", "plan", config)
    assert planned.code == 1
    assert [line.split(":")[0] for line in planned.out.splitlines()[-2:]] == ["mismatch"] * 2
    for command in (("topics", "apply"), ("worker",)):
        outcome = run(*command, config)
        assert outcome.code == 2
        assert sorted(outcome.err.splitlines()) == sorted(
            [
                "error: topics: detectors.pumps.input.partitions must be 3, which the topic "
                "'pumps' has, got 2.",
                "error: topics: The topic 'pumps.scores' must have the cleanup.policy delete, for "
                "compaction takes records that are still to be read or replayed, got compact.",
            ]
        )
    assert set(log.topics()) == {"pumps", "pumps.scores"}
