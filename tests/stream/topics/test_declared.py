from __future__ import annotations

from stream.settings import loads
from stream.settings.task import Role
from stream.topics.declared import of_configuration
from stream.transports.protocol import TopicSpec

DAY = 86_400_000


def test_every_topic_is_there_once_with_all_its_roles() -> None:
    settings = loads(
        """
        detectors:
          a: {input: {topic: t, partitions: 2, key: k, features: [x], retention: 1d}}
          b:
            input: {topic: t, partitions: 2, features: [y], retention: 1d}
            output: {topic: o}
            alerts: {enabled: false}
          c: {input: {topic: o, partitions: 2, features: [score]}, alerts: {topic: t.alerts}}
        """
    )
    declared = {one.spec.name: one for one in of_configuration(settings)}
    assert {name: list(one.roles.items()) for name, one in declared.items()} == {
        "t": [(Role.INPUT, "detectors.a.input")],
        "cutstream.a.rekeyed": [(Role.REKEYED, "detectors.a.rekeyed")],
        "t.scores": [(Role.OUTPUT, "detectors.a.output")],
        "t.alerts": [(Role.ALERTS, "detectors.a.alerts")],
        "t.dlq": [(Role.DEAD_LETTERS, "detectors.a.dead_letters")],
        "cutstream.a.snapshots": [(Role.SNAPSHOTS, "detectors.a.snapshots")],
        "o": [(Role.OUTPUT, "detectors.b.output"), (Role.INPUT, "detectors.c.input")],
        "cutstream.b.snapshots": [(Role.SNAPSHOTS, "detectors.b.snapshots")],
        "o.scores": [(Role.OUTPUT, "detectors.c.output")],
        "o.dlq": [(Role.DEAD_LETTERS, "detectors.c.dead_letters")],
        "cutstream.c.snapshots": [(Role.SNAPSHOTS, "detectors.c.snapshots")],
    }
    assert declared["t"].spec == TopicSpec("t", 2, DAY)
    assert declared["cutstream.a.rekeyed"].spec == TopicSpec("cutstream.a.rekeyed", 2, 7 * DAY)
    assert declared["cutstream.a.snapshots"].spec.compact
    assert declared["t.dlq"].copies_of == declared["cutstream.a.rekeyed"].copies_of == {"t"}
    assert declared["t.scores"].copies_of == set()


def test_the_topics_of_a_recommender() -> None:
    settings = loads(
        """
        recommenders:
          shop:
            input: {topic: clicks, partitions: 4, user: u, item: i, retention: 1d}
            items: {topic: films, partitions: 2}
            output: {partitions: 3}
        """
    )
    declared = {one.spec.name: one for one in of_configuration(settings)}
    assert {name: one.spec for name, one in declared.items()} == {
        "clicks": TopicSpec("clicks", 4, DAY),
        "films": TopicSpec("films", 2, compact=True),
        "cutstream.shop.sequenced": TopicSpec("cutstream.shop.sequenced", 1, 7 * DAY),
        "clicks.recommendations": TopicSpec("clicks.recommendations", 3),
        "clicks.metrics": TopicSpec("clicks.metrics", 1),
        "clicks.dlq": TopicSpec("clicks.dlq", 4),
        "cutstream.shop.snapshots": TopicSpec("cutstream.shop.snapshots", 1, compact=True),
    }
    assert declared["cutstream.shop.sequenced"].copies_of == {"clicks", "films"}
    assert declared["films"].read == "recommenders.shop.items"
    assert declared["clicks.metrics"].read is None
    assert {one.source for one in declared.values()} == {None}
