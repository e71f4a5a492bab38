"""The settings of a recommender: defaults, places, problems."""

from __future__ import annotations

from math import inf

import pytest

from models.recommend.config import RecommenderConfig
from models.recommend.serving.filters import Filter
from models.recommend.serving.rules import Boost, Pin, Rules
from stream.errors import ConfigError
from stream.settings import loads
from stream.settings.recommender import RecommenderSettings
from stream.settings.task import Role

SMALLEST = "recommenders: {shop: {input: {topic: clicks, user: u, item: i%s}%s}}"


def recommender(fields: str = "", source: str = "") -> RecommenderSettings:
    return loads(SMALLEST % (source, fields)).recommenders["shop"]


def problems(fields: str = "", source: str = "") -> list[str]:
    with pytest.raises(ConfigError) as caught:
        loads(SMALLEST % (source, fields))
    return caught.value.problems


def test_only_topic_user_and_item_are_needed() -> None:
    shop = recommender()
    assert shop.config() == RecommenderConfig(kinds=("*",), rules=Rules(reshow=(inf,)))
    assert {role: spec.name for role, spec in shop.topics.items()} == {
        Role.INPUT: "clicks",
        Role.OUTPUT: "clicks.recommendations",
        Role.METRICS: "clicks.metrics",
        Role.DEAD_LETTERS: "clicks.dlq",
        Role.SNAPSHOTS: "cutstream.shop.snapshots",
    }
    assert (shop.sequences, shop.log_topic, shop.snapshot_every) == (False, "clicks", 100_000)


@pytest.mark.parametrize(
    ("fields", "source"),
    [
        ("", ", partitions: 2"),
        (", items: {topic: films}", ""),
        (", users: {topic: accounts}", ""),
        (", requests: {topic: wishes, partitions: 3}", ""),
    ],
)
def test_several_partitions_or_topics_go_through_the_internal_one(fields: str, source: str) -> None:
    shop = recommender(fields, source)
    assert (shop.sequences, shop.log_topic) == (True, "cutstream.shop.sequenced")
    sequenced = shop.topics[Role.SEQUENCED]
    assert (sequenced.partitions, sequenced.retention_ms) == (1, 7 * 86_400_000)
    most = max(each.partitions for each in shop.sources.values())
    assert shop.topics[Role.DEAD_LETTERS].partitions == most
    assert shop.topics[Role.SNAPSHOTS].partitions == 1


def test_every_setting_reaches_the_models() -> None:
    shop = recommender(
        """,
        types: {view: 1, buy: 5, hate: blocked, page: seen, debug: ignored},
        models: [trending, factors],
        trending: {half_lives: [10, 20]},
        cooccurrence: {neighbours: 5},
        factors: {length: 8, negatives: 3, learning_rate: 0.1, regularisation: 0.5},
        memory: {users: 10, items: 20, user_ttl: 30d, item_ttl: 1w, history: 9, context: 4},
        evaluation: {share: 0.5, k: 3, window: 7},
        rules: {
          show_again: {view: 30d, buy: 1s},
          blocked: [trash],
          boosts: {new: {filter: 'year > 2000', times: 2, plus: 1}},
          pins: {promo: 2},
          max_per_category: 3,
          explore: 0.1,
          new_below: 9,
          chance: 0.5
        },
        seed: 7""",
        ", type: t",
    )
    assert shop.config() == RecommenderConfig(
        models=("trending", "factors"),
        kinds=("view", "buy", "hate", "page"),
        half_lives=(10, 20),
        neighbours=5,
        n_factors=8,
        n_negatives=3,
        learning_rate=0.1,
        regularisation=0.5,
        max_users=10,
        max_items=20,
        user_ttl=30 * 86_400.0,
        item_ttl=7 * 86_400.0,
        history=9,
        context=4,
        evaluate=0.5,
        cutoff=3,
        window=7,
        rules=Rules(
            reshow=(30 * 86_400.0, 1.0, inf, inf),
            dislikes=(2,),
            blocked=("trash",),
            boosts=(Boost(filter=Filter("year > 2000"), times=2.0, plus=1.0),),
            pins=(Pin(place=2, item="promo"),),
            max_per_category=3,
            explore=0.1,
            new_below=9,
            chance=0.5,
        ),
        seed=7,
    )


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (", models: []", "models must be at least one distinct name, got ()."),
        (", models: [magic]", "models.0 must be 'trending', 'cooccurrence', "),
        (", trending: {half_lives: [5, 4]}", "trending.half_lives must be "),
        (
            ", cooccurrence: {neighbours: 0}",
            "cooccurrence.neighbours must be from 1 to 1000, got 0",
        ),
        (", factors: {length: 0}", "factors.length must be from 1 to 512, got 0."),
        (", factors: {negatives: 0}", "factors.negatives must be from 1 to 1000, got 0."),
        (", factors: {learning_rate: 2}", "factors.learning_rate must be above 0 and at most 1"),
        (", factors: {regularisation: -1}", "factors.regularisation must be from 0 to 1, got -1"),
        (", memory: {users: 0}", "memory.users must be from 1 to 2**31 - 1, got 0."),
        (", memory: {user_ttl: 5}", "memory.user_ttl must be a duration such as"),
        (", memory: {history: 5}", "memory.context must be from 1 to the length of the history"),
        (", evaluation: {share: 2}", "evaluation.share must be from 0 to 1, got 2.0."),
        (", evaluation: {k: 0}", "evaluation.k must be from 1 to 1000, got 0."),
        (", rules: {explore: 2}", "rules.explore must be from 0 to 1, got 2.0."),
        (", rules: {chance: 0}", "rules.chance must be above 0 and at most 1, got 0.0."),
        (", rules: {pins: {a: 1, b: 1}}", "rules.pins must be of different places and items"),
        (", rules: {pins: {a: 0}}", "rules.pins must be at least 1, got 0."),
        (", rules: {boosts: {a: {filter: 'x'}}}", "rules.boosts.a.filter must be "),
        (
            ", rules: {boosts: {a: {filter: 'tag:x', times: 0}}}",
            "rules.boosts must be a finite num",
        ),
        (", rules: {show_again: {buy: 1d}}", "rules.show_again must be of types that are learned"),
        (", seed: -1", "seed must be from 0 to 2**63 - 1, got -1."),
        (", types: {}", "types must be a mapping of at least one entry"),
        (
            ", types: {b: 1, a: 0}",
            "types.a must be a weight above 0 and at most 1000000, seen, blocked",
        ),
        (
            ", types: {b: 1, a: yes}",
            "types.a must be a weight above 0 and at most 1000000, seen, block",
        ),
        (", types: {b: 1, a: hated}", "types.a must be a weight above 0"),
        (", types: {a: 1, b: 2}", "types must be of one type where input.type is null, got 'a, b'"),
        (", types: {a: ignored}", "types must be such that one is not ignored, got 'a'."),
        (", on_change: {every: soon}", "on_change.every must be a duration such as"),
        (", on_change: {n: 0}", "on_change.n must be at least 1, got 0."),
        (", metrics: {every: 0}", "metrics.every must be at least 1, got 0."),
        (", output: {compact: true, retention: 1d}", "output.retention must be null where output."),
        (", items: {topic: films, numbers: 5}", "items.numbers must be a mapping of names to fiel"),
        (", items: {topic: films, retention: 1d}", None),
        (", items: {topic: clicks}", "items.topic must differ from recommenders.shop.input.topic"),
        (", requests: {}", "requests.topic must be set, got nothing."),
    ],
)
def test_a_slip_is_one_sentence(fields: str, sentence: str | None) -> None:
    (found,) = problems(fields)
    start = "A setting of recommenders.shop.items must be " if sentence is None else ""
    assert found.startswith(start or f"recommenders.shop.{sentence}")


def test_an_output_may_be_compacted_and_have_partitions() -> None:
    spec = recommender(", output: {compact: true, partitions: 6}").topics[Role.OUTPUT]
    assert (spec.partitions, spec.compact) == (6, True)


def test_measures_may_be_off() -> None:
    assert Role.METRICS not in recommender(", metrics: {enabled: false}").topics


def test_records_are_sent_by_their_user() -> None:
    shop = recommender(", requests: {topic: wishes}", ", timestamp: at, partitions: 4")
    sent = shop.sends()
    assert sent["clicks"] == (("u",), "at", 4, "json", False, False)
    assert sent["wishes"] == ((), None, 1, "json", False, False)
    assert recommender(", items: {topic: films}").sends()["films"].compact
