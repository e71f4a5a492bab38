from __future__ import annotations

import pytest

from models.errors import IncompatibleState
from stream.records import TopicPartition
from stream.tasks.predict import OWN
from tests.stream.tasks.predict.harness import (
    event,
    label,
    promotion,
    refusals,
    said,
    state,
    task,
)

OF_ENTITIES = "scope: entity"


@pytest.mark.parametrize("fields", ["", OF_ENTITIES])
def test_a_promotion_holds_for_every_entity_from_its_place_on(fields: str) -> None:
    ours = state(fields)
    step = ours.process(
        [
            *(event(0, 1), event(1, 1, site="b")),
            promotion(2, "bayes"),
            *(event(3, 2), event(4, 2, site="b"), event(5, 1, site="c")),
        ]
    )
    assert [one["model"] for one in said(step.outputs)] == [*["plain"] * 2, *["bayes"] * 3]
    (change,) = said(step.outputs, "changes")
    assert change == {
        "predictor": "pages",
        "entity": None,
        "time": "1970-01-01T00:00:02.000000Z",
        "change": "promotion",
        "action": "promote",
        "model": "bayes",
        "previous": "plain",
        "detector": None,
        "labels": None,
        "before": None,
        "after": None,
        "source": {"topic": "pages", "partition": 0, "offset": 2},
    }
    promoted = next(output for output in step.outputs if output.offset == 2)
    assert promoted.entity == OWN
    assert promoted.record[:2] == ("pages.changes", None)
    assert step.changed[OWN] == (2 if fields else 0)
    assert OWN in ours


def test_a_champion_that_was_promoted_before_is_told_as_the_previous() -> None:
    ours = state()
    ours.process([promotion(0, "bayes")])
    (change,) = said(ours.process([promotion(1, "plain")]).outputs, "changes")
    assert (change["model"], change["previous"]) == ("plain", "bayes")


def test_a_promotion_is_saved_with_the_partition() -> None:
    first, second = state(OF_ENTITIES), state(OF_ENTITIES)
    first.process([event(0, 1), promotion(1, "bayes")])
    assert list(first.entities()) == [OWN, b"a"]
    second.load(OWN, first.dump(OWN), 2)
    outputs = second.process([event(0, 1), promotion(1, "bayes"), event(2, 2)]).outputs
    assert [one["model"] for one in said(outputs)] == ["plain", "bayes"]
    assert said(outputs, "changes") == []


def test_a_model_that_is_not_configured_cannot_be_promoted() -> None:
    step = state().process([promotion(0, "gone"), promotion(1, "gone", predictor="another")])
    assert refusals(step.outputs) == [
        ("bad_control", "The model to promote must be one of plain, bayes, got 'gone'.")
    ]
    assert step.changed == {}


def test_promotions_of_models_that_went_count_for_nothing() -> None:
    before, after = state(OF_ENTITIES), state(OF_ENTITIES, models="{plain: GaussianNB}")
    before.process([promotion(0, "bayes")])
    after.load(OWN, before.dump(OWN), 1)
    assert said(after.process([event(1, 1)]).outputs)[0]["model"] == "plain"


def test_models_join_and_go_with_the_configuration() -> None:
    before = state(models="{plain: GaussianNB, bayes: GaussianNB}")
    before.process([event(0, 1), promotion(1, "bayes"), event(2, 2), label(3, 1, True)])
    after = state(models="{tree: HoeffdingTreeClassifier, plain: GaussianNB}")
    after.load(OWN, before.dump(OWN), 4)
    (one,) = said(after.process([event(4, 3)]).outputs)
    assert (one["model"], list(one["models"]), one["labels"]) == ("tree", ["tree", "plain"], 1)


@pytest.mark.parametrize(("before", "after"), [("entity", "partition"), ("partition", "entity")])
def test_a_state_of_another_scope_is_refused(before: str, after: str) -> None:
    first, second = state(f"scope: {before}"), state(f"scope: {after}")
    first.process([event(0, 1)])
    (held,) = first.entities()
    sentence = f"'scope' of the saved state must be {after}, as configured, got {before}"
    with pytest.raises(IncompatibleState, match=sentence):
        second.load(held, first.dump(held), 1)


def test_the_champion_is_configured() -> None:
    assert said(state("champion: bayes").process([event(0, 1)]).outputs)[0]["model"] == "bayes"


def test_promoting_does_not_disturb_learning() -> None:
    plain, promoted = state(), state()
    for ours in (plain, promoted):
        ours.process([event(0, 1), label(1, 1, True)])
    promoted.process([promotion(2, "bayes")])
    one, other = (
        said(ours.process([event(3, 2, size=2.0)]).outputs)[0] for ours in (plain, promoted)
    )
    assert one["models"] == other["models"]
    assert other["prediction"] == other["models"]["bayes"]["prediction"]


def test_the_digest_changes_with_the_models() -> None:
    assert task().configuration != task(models="{plain: GaussianNB}").configuration
    assert task().open(TopicPartition("pages", 0)).champions.latest() == "plain"
