from __future__ import annotations

import pytest

from stream.errors import ConfigError
from stream.settings import Settings, loads
from stream.topics.declared import of_configuration
from stream.topics.plan import Action, Step, apply, mismatches, pending, plan
from stream.topics.start import prepare
from stream.transports.protocol import TopicInfo, TopicSpec
from tests.stream.runtime.memory import MemoryTransport

LIMIT = 1_048_588
HOUR, DAY = 3_600_000, 86_400_000
CONFIG = """
    broker: {broker}
    worker: {{snapshot_every: 500}}
    detectors:
      pumps:
        input: {{topic: t, partitions: 2, key: k, features: [x]{source}}}
        output: {{retention: 2d}}
"""


def configured(broker: str = "kafka://b:9092", source: str = "") -> Settings:
    return loads(CONFIG.format(broker=broker, source=source), environment={})


def sound(settings: Settings) -> dict[str, TopicInfo]:
    """The topics as declared, empty."""
    bounds = ((0, 0), (0, 0))
    return {
        one.spec.name: TopicInfo(one.spec, bounds, LIMIT + (65_536 if one.copies_of else 0))
        for one in of_configuration(settings)
    }


def with_topic(
    settings: Settings, topic: str, limit: int | None = LIMIT, **spec: object
) -> list[Step]:
    """The plan for a log of which one topic is not as declared."""
    infos = sound(settings)
    changed = infos[topic].spec._replace(**spec)  # type: ignore[arg-type]  # by name
    bounds = ((0, 0),) * changed.partitions
    return plan(settings, infos | {topic: TopicInfo(changed, bounds, limit)})


def test_an_empty_log_needs_every_topic() -> None:
    steps = plan(configured(), {})
    assert [step.action for step in steps] == [Action.CREATE] * 6
    assert pending(steps) == steps


def test_a_log_as_declared_needs_nothing() -> None:
    settings = configured()
    steps = plan(settings, sound(settings))
    assert [step[1:] for step in steps] == [(Action.OK, (), ())] * 6
    assert (pending(steps), mismatches(steps)) == ([], [])


@pytest.mark.parametrize(
    ("topic", "found", "sentence"),
    [
        (
            "t",
            {"partitions": 12},
            "detectors.pumps.input.partitions must be 12, which the topic 't' has, got 2.",
        ),
        (
            "t",
            {"compact": True},
            "The topic 't' must have the cleanup.policy delete, for compaction takes records that "
            "are still to be read or replayed, got compact.",
        ),
        (
            "t.scores",
            {"compact": True},
            "The topic 't.scores' must have the cleanup.policy delete, for compaction takes "
            "records that are still to be read or replayed, got compact.",
        ),
        (
            "cutstream.pumps.snapshots",
            {"compact": False},
            "The topic 'cutstream.pumps.snapshots' must have the cleanup.policy compact, for "
            "deletion by age takes the state of entities that are quiet, got delete.",
        ),
        (
            "cutstream.pumps.snapshots",
            {"retention_ms": 7 * DAY},
            "The topic 'cutstream.pumps.snapshots' must be compacted and nothing else, for "
            "deletion takes the state of entities that are quiet, got one that keeps records for "
            "7d.",
        ),
        (
            "t.scores",
            {"limit": 1_000},
            "The max.message.bytes of the topic 't.scores' must be at least 65,536, got 1,000.",
        ),
        (
            "t.dlq",
            {"limit": 100_000},
            "The max.message.bytes of the topic 't.dlq' must be at least those of 't', whose "
            "records it takes, 1,048,588, got 100,000.",
        ),
    ],
)
def test_a_mismatch_is_one_sentence(topic: str, found: dict[str, object], sentence: str) -> None:
    steps = with_topic(configured(), topic, **found)  # type: ignore[arg-type]  # by name
    # An input with other partitions shows in every topic that belongs to it.
    assert mismatches(steps)[0] == sentence
    assert {step.declared.spec.name for step in steps if step.action == Action.MISMATCH} >= {topic}
    if topic != "t" or "partitions" not in found:
        assert len(mismatches(steps)) == 1


def test_topics_behind_a_misdeclared_input_are_held_against_the_input_itself() -> None:
    settings = configured()
    declared = of_configuration(settings)
    infos = {
        one.spec.name: TopicInfo(one.spec._replace(partitions=3), ((0, 0),) * 3) for one in declared
    }
    assert mismatches(plan(settings, infos)) == [
        "detectors.pumps.input.partitions must be 3, which the topic 't' has, got 2."
    ]
    wrong = infos | {"t.dlq": TopicInfo(TopicSpec("t.dlq", 2), ((0, 0),) * 2)}
    assert mismatches(plan(settings, wrong))[1] == (
        "The topic 't.dlq' must have 3 partitions, like the input 't' that it belongs to, got 2."
    )


@pytest.mark.parametrize(
    ("topic", "found", "reason"),
    [
        ("t.scores", {"retention_ms": None}, "must keep records for 2d, got for ever."),
        ("t.scores", {"retention_ms": 90 * 60_000}, "must keep records for 2d, got for 90m."),
        (
            "t.dlq",
            {"retention_bytes": 5_000},
            "must keep records for ever, got up to 5,000 bytes a partition.",
        ),
    ],
)
def test_another_retention_is_a_change(topic: str, found: dict[str, object], reason: str) -> None:
    steps = with_topic(configured(), topic, **found)  # type: ignore[arg-type]  # by name
    (step,) = pending(steps)
    assert (step.action, step.reasons) == (Action.CHANGE, (f"The topic '{topic}' {reason}",))


def test_an_input_without_a_declared_retention_keeps_its_own() -> None:
    assert pending(with_topic(configured(), "t", retention_ms=7 * DAY)) == []
    (step,) = pending(with_topic(configured(source=", retention: 1d"), "t", retention_ms=7 * DAY))
    assert step.reasons == ("The topic 't' must keep records for 1d, got for 7d.",)


def test_a_retention_that_may_take_unread_records_is_warned_of_where_brokers_delete() -> None:
    (warning,) = with_topic(configured(), "t", retention_ms=HOUR // 2)[0].warnings
    assert warning == (
        "The topic 't' should keep records for an hour or more, got for 30m: what no worker has "
        "read yet may be gone."
    )
    embedded = configured("sqlite:///x.db")
    assert with_topic(embedded, "t", retention_ms=HOUR // 2)[0].warnings == ()


def test_a_copy_needs_room_for_the_headers_that_are_added() -> None:
    for topic in ("t.dlq", "cutstream.pumps.rekeyed"):
        steps = {s.declared.spec.name: s for s in with_topic(configured(), topic, LIMIT + 65_535)}
        assert steps[topic].warnings == (
            f"The max.message.bytes of the topic '{topic}' should be at least 1,114,124, those of "
            "'t' and room for the headers that are added, got 1,114,123: a record as large as may "
            "be would stop the work.",
        )


def test_a_copy_is_created_for_what_its_input_takes() -> None:
    made: dict[str, TopicSpec] = {}

    class Limited(MemoryTransport):
        def ensure_topic(self, spec: TopicSpec) -> None:
            made[spec.name] = spec
            super().ensure_topic(spec)

        def topics(self) -> dict[str, TopicInfo]:
            infos = super().topics().items()
            return {name: info._replace(max_message_bytes=70_000) for name, info in infos}

    log = Limited()
    apply(plan(configured(), log.topics()), log)
    limits = {name: spec.max_message_bytes for name, spec in made.items()}
    assert {name: limit for name, limit in limits.items() if limit is not None} == {
        "cutstream.pumps.rekeyed": 135_536,
        "t.dlq": 135_536,
    }


@pytest.mark.parametrize(
    ("bounds", "warned"),
    [
        (((0, 10), (0, 10)), False),  # nothing was deleted yet
        (((100, 600), (900, 1_400)), False),
        (((100, 600), (901, 1_400)), True),
    ],
)
def test_a_log_shorter_than_a_replay_is_warned_of(
    bounds: tuple[tuple[int, int], ...], warned: bool
) -> None:
    settings = configured()
    infos = sound(settings)
    log = "cutstream.pumps.rekeyed"
    for topic, told in ((log, warned), ("t", False), ("t.scores", False)):
        infos[topic] = infos[topic]._replace(bounds=bounds)
        steps = {step.declared.spec.name: step for step in plan(settings, infos)}
        assert bool(steps[topic].warnings) == told
    if warned:
        assert (
            steps[log]
            .warnings[0]
            .startswith(
                "The topic 'cutstream.pumps.rekeyed' should keep the newest 500 records of a partition"
            )
        )
        assert "got 499 in partition 1" in steps[log].warnings[0]


def test_a_plan_is_applied_once() -> None:
    settings, log, heard = configured(), MemoryTransport(), list[str]()
    apply(plan(settings, log.topics()), log, lambda step: heard.append(step.declared.spec.name))
    assert sorted(heard) == sorted(one.spec.name for one in of_configuration(settings))
    apply(plan(settings, log.topics()), log, lambda step: heard.append("again"))
    assert len(heard) == 6


@pytest.mark.parametrize("act", [prepare, lambda s, log: apply(plan(s, log.topics()), log)])
def test_nothing_is_done_where_a_topic_cannot_be_used(act) -> None:
    settings, log = configured(), MemoryTransport()
    log.ensure_topic(TopicSpec("t", 5))
    log.ensure_topic(TopicSpec("t.dlq", 2))
    with pytest.raises(ConfigError) as error:
        act(settings, log)
    assert len(error.value.problems) == 2
    assert set(log.topics()) == {"t", "t.dlq"}


def test_a_start_creates_what_is_missing_and_changes_nothing() -> None:
    settings, log = configured(), MemoryTransport()
    log.ensure_topic(TopicSpec("t.scores", 2, retention_ms=HOUR))
    prepare(settings, log)
    assert len(log.topics()) == 6
    assert log.topics()["t.scores"].spec.retention_ms == HOUR
