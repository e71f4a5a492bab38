"""The recommender as a whole."""

from __future__ import annotations

import numpy as np
import pytest

from models.errors import IncompatibleState, InvalidParameter
from models.recommend.config import MODELS, ModelName, RecommenderConfig
from models.recommend.recommender import Recommender
from models.recommend.records import Interaction, ItemData, Request
from models.recommend.serving.filters import Filter
from models.recommend.serving.rules import Rules
from tests.models.recommend.shop import CONFIG, config, interactions, life, live, load, save


def questions() -> list[Request]:
    return [
        *(Request(f"user-{k}", n=5) for k in range(0, 100, 7)),
        Request("nobody", n=5),
        Request(session=("item-0", "item-4"), n=5),
        Request("user-1", n=5, session=("item-9",), filter=Filter("category:sort-1")),
        Request(segment="sort-2", n=5),
    ]


@pytest.mark.parametrize("batch", [2, 7, 100, 1000])
def test_batches_change_nothing(batch: int) -> None:
    calls = life(700)
    one, many = Recommender(CONFIG), Recommender(CONFIG)
    live(one, calls)
    live(many, calls, batch)
    assert many.measures() == one.measures()
    assert many.recommend_many(questions()) == one.recommend_many(questions())
    assert save(many, {}) == save(one, {})


@pytest.mark.parametrize(
    ("seed", "models"),
    [
        (1, CONFIG.models),
        (2, ("cooccurrence", "click", "ratings")),
        (3, ("trending", "content", "click")),
    ],
)
def test_a_loaded_recommender_goes_on_as_if_nothing_had_happened(
    seed: int, models: tuple[ModelName, ...]
) -> None:
    calls = life(800, seed)
    settings = config(models=models, rules=Rules(explore=0.2))
    straight, stopped = Recommender(settings), Recommender(settings)
    kept: dict[bytes, bytes] = {}
    also_kept: dict[bytes, bytes] = {}
    for start in range(0, len(calls), 37):
        live(straight, calls[start : start + 37], batch=10)
        live(stopped, calls[start : start + 37], batch=5)
        assert save(stopped, also_kept) == save(straight, kept)
        stopped = load(settings, also_kept)
    assert stopped.recommend_many(questions()) == straight.recommend_many(questions())
    assert stopped.measures() == straight.measures()
    if "neighbours" in models:
        assert stopped.neighbours("user-0", 5) == straight.neighbours("user-0", 5)
    assert stopped.similar("item-0", 5) == straight.similar("item-0", 5)


def test_asking_changes_nothing() -> None:
    calls = life(600)
    asked, silent = Recommender(CONFIG), Recommender(CONFIG)
    for start in range(0, len(calls), 50):
        for recommender in (asked, silent):
            live(recommender, calls[start : start + 50], batch=10)
        asked.recommend_many(questions())
        asked.similar("item-3", 4)
        asked.neighbours("user-3", 4)
        asked.describe_user("user-77")
        asked.describe_item("nothing")
        asked.measures()
    assert save(asked, {}) == save(silent, {})
    assert asked.memory == silent.memory


@pytest.mark.parametrize("model", MODELS)
def test_each_model_answers_alone(model: str) -> None:
    recommender = Recommender(config(models=(model,), evaluate=0.5))
    for k in range(64):
        recommender.put_item(f"item-{k}", ItemData((f"sort-{k % 4}",), text=f"sort {k % 4}"), 0.0)
    evaluation = recommender.learn(interactions(400))
    assert np.isfinite(evaluation.ranks).any()
    for request in questions():
        answer = recommender.recommend(request)
        assert answer
        assert len({one.item for one in answer}) == len(answer)
    sources = {one.source for one in recommender.recommend(Request("user-1", n=3))}
    assert sources & {model, "trending"}


def test_an_answer_is_bounded_and_leaves_out_what_was_seen() -> None:
    recommender = Recommender(CONFIG)
    recommender.learn(interactions(500))
    for user in (f"user-{k}" for k in range(20)):
        state = recommender.describe_user(user)
        seen = {visit.item for visit in state.history} if state else set()
        answer = recommender.recommend(Request(user, n=4))
        assert len(answer) == 4
        assert not seen & {one.item for one in answer}
        scores = [one.score for one in answer]
        assert scores == sorted(scores, reverse=True)
    again = recommender.recommend(Request("user-1", n=60, exclude_seen=False))
    assert {visit.item for visit in recommender.describe_user("user-1").history} <= {
        one.item for one in again
    }


def test_what_comes_together_is_recommended_together() -> None:
    recommender = Recommender(config(models=("cooccurrence",), max_users=1000))
    for k in range(30):
        recommender.learn(
            [
                Interaction(f"u{k}", item, 0, 1.0, 100.0 * k + place)
                for place, item in enumerate(("bread", "butter") if k % 2 else ("nails", "hammer"))
            ]
        )
    [best] = recommender.recommend(Request(session=("bread",), n=1))
    assert (best.item, best.because, best.source) == ("butter", "bread", "cooccurrence")
    assert [one.item for one in recommender.similar("hammer", 1)] == ["nails"]


@pytest.mark.parametrize("kind", [1, 2])
def test_what_was_only_seen_or_is_not_wanted_leads_to_nothing(kind: int) -> None:
    settings = RecommenderConfig(kinds=("take", "seen", "block"), rules=Rules(dislikes=(2,)))
    recommender = Recommender(settings)
    for k in range(200):
        side = "left" if k % 2 else "right"
        times = (float(20 * k), float(20 * k + 10))
        pair = (f"{side}-{k % 5}", f"{side}-{(k + 2) % 5}")
        recommender.learn(
            [
                Interaction(f"u{k}", item, 0, 1.0, time)
                for item, time in zip(pair, times, strict=True)
            ]
        )
    recommender.learn([Interaction("new", "left-1", kind, 0.0, 5000.0)])
    nobody = recommender.recommend(Request("nobody", n=5, exclude=("left-1",)))
    assert recommender.recommend(Request("new", n=5)) == nobody
    recommender.learn([Interaction("new", "right-2", 0, 1.0, 5001.0)])
    recommender.learn([Interaction("new", "left-3", kind, 0.0, 5002.0)])
    answer = recommender.recommend(Request("new", n=2))
    assert {one.because for one in answer} == {"right-2"}


def test_somebody_unknown_gets_what_is_trending_in_the_segment_first() -> None:
    recommender = Recommender(CONFIG)
    for k in range(8):
        recommender.put_item(f"item-{k}", ItemData((f"sort-{k % 2}",)), 0.0)
    recommender.learn([Interaction(f"u{k}", f"item-{k % 8}", 0, 1.0, float(k)) for k in range(40)])
    answer = recommender.recommend(Request("stranger", n=6, segment="sort-1"))
    assert [int(one.item[-1]) % 2 for one in answer] == [1, 1, 1, 1, 0, 0]
    assert {one.source for one in answer} == {"trending"}


def test_a_forgotten_user_is_gone_from_everywhere() -> None:
    recommender = Recommender(CONFIG)
    kept: dict[bytes, bytes] = {}
    recommender.learn(interactions(300))
    assert recommender.describe_user("user-1") is not None
    save(recommender, kept)
    assert any(b"user-1\xa6" in data or b"user-1\xa7" in data for data in kept.values())
    assert recommender.forget_user("user-1")
    assert not recommender.forget_user("user-1")
    assert recommender.describe_user("user-1") is None
    assert recommender.neighbours("user-1", 3) == []
    assert "user-1" not in {user for user, _ in recommender.neighbours("user-5", 100)}
    for _ in range(16):
        save(recommender, kept)
    held = b"".join(kept.values())
    assert b"user-1\xa6" not in held
    assert b"user-1\xa7" not in held


def test_what_clicks_taught_about_a_user_goes_with_the_user() -> None:
    recommender, stranger = (Recommender(config(models=("click",), max_users=9)) for _ in range(2))
    mine = [Interaction("me", f"item-{k % 5}", 0, 1.0, float(k)) for k in range(50)]
    recommender.learn(mine)
    choices = recommender._lineup.choices
    slot = int(choices._users["slot"][0])
    before = stranger._lineup.choices.machine.parameters[slot]
    assert not np.array_equal(choices.machine.parameters[slot], before)
    assert recommender.forget_user("me")
    np.testing.assert_array_equal(choices.machine.parameters[slot], before)
    assert choices.machine.table.dirty[slot]


def test_a_removed_item_is_never_recommended_and_comes_back_unknown() -> None:
    recommender = Recommender(CONFIG)
    recommender.learn(interactions(300))
    assert recommender.remove_item("item-0")
    assert not recommender.remove_item("item-0")
    assert recommender.describe_item("item-0") is None
    for request in questions():
        assert "item-0" not in {one.item for one in recommender.recommend(request)}
    recommender.put_item("item-0", ItemData(), 4_000.0)
    assert recommender.describe_item("item-0").interactions == 0
    assert recommender.similar("item-0", 3) == []


def test_users_and_items_are_bounded() -> None:
    recommender = Recommender(config(max_users=10, max_items=12, user_ttl=None))
    recommender.learn(interactions(2_000))
    known = sum(recommender.describe_user(f"user-{k}") is not None for k in range(100))
    # Upkeep comes every 256 interactions; until then there may be more.
    recommender.learn(interactions(256 - 2_000 % 256, seed=9, start=20_000.0))
    known = sum(recommender.describe_user(f"user-{k}") is not None for k in range(100))
    items = sum(recommender.describe_item(f"item-{k}") is not None for k in range(100))
    assert (known, items) == (10, 12)


def test_it_foresees_better_than_chance() -> None:
    recommender = Recommender(config(evaluate=1.0, max_users=1_000, max_items=1_000, cutoff=5))
    ranks = recommender.learn(interactions(3_000)).ranks
    assert not np.isnan(ranks).any()
    lately = recommender.measures().window.everything
    assert lately.tests == 50
    assert np.mean(ranks[1_000:][np.isfinite(ranks[1_000:])] <= 5) > 0.3


def test_ranks_go_by_the_rules_where_items_may_be_shown_again() -> None:
    rules = Rules(reshow=(0.0, 0.0))
    recommender = Recommender(config(evaluate=1.0, rules=rules, models=("trending",)))
    event = Interaction("a", "b", 0, 1.0, 1.0)
    first, second = recommender.learn([event, event._replace(time=2.0)]).ranks
    assert (first, second) == (np.inf, 1.0)


def test_the_share_that_is_ranked_is_drawn_evenly() -> None:
    recommender = Recommender(config(evaluate=0.25, models=("trending",)))
    ranked = ~np.isnan(recommender.learn(interactions(4_000)).ranks)
    assert 0.22 < ranked.mean() < 0.28
    assert abs(np.corrcoef(ranked[1:], ranked[:-1])[0, 1]) < 0.06


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"user": ""}, "user"),
        ({"item": "x" * 2_000}, "item"),
        ({"item": "\ud800"}, "item"),
        ({"kind": 2}, "kind"),
        ({"kind": -1}, "kind"),
        ({"weight": -1.0}, "weight"),
        ({"weight": np.nan}, "weight"),
        ({"weight": np.inf}, "weight"),
        ({"time": np.inf}, "time"),
        ({"time": np.nan}, "time"),
    ],
)
def test_bad_interactions_are_refused_whole(change: dict[str, object], field: str) -> None:
    recommender = Recommender(CONFIG)
    good = Interaction("a", "b", 0, 1.0, 1.0)
    with pytest.raises(InvalidParameter) as error:
        recommender.learn([good, good._replace(**change)])
    assert error.value.field == field
    assert recommender.describe_user("a") is None


def test_bad_questions_and_items_are_refused() -> None:
    recommender = Recommender(config(models=("trending",)))
    with pytest.raises(InvalidParameter, match="at least 1"):
        recommender.recommend(Request("a", n=0))
    with pytest.raises(InvalidParameter, match="neighbours"):
        recommender.neighbours("a", 3)
    with pytest.raises(InvalidParameter, match="finite"):
        recommender.put_item("a", ItemData(numbers={"price": np.nan}), 1.0)
    with pytest.raises(InvalidParameter, match="finite"):
        recommender.put_item("a", ItemData(), np.nan)
    assert recommender.describe_item("a") is None


@pytest.mark.parametrize("change", [{"seed": 7}, {"kinds": ("view",)}, {"n_factors": 16}])
def test_a_state_of_another_configuration_is_refused(change: dict[str, object]) -> None:
    recommender = Recommender(CONFIG)
    recommender.learn(interactions(50))
    with pytest.raises(IncompatibleState):
        load(config(**change), save(recommender, {}))


def test_a_new_recommender_has_nothing_to_say() -> None:
    recommender = Recommender(RecommenderConfig())
    assert recommender.recommend_many(questions()[-4:-2]) == [[], []]
    assert recommender.learn([]).ranks.shape == (0,)
    assert recommender.measures().total.everything.tests == 0
