"""The store against its twin: who is there, who was idle longest, and what everybody did."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings

from models.recommend.records import Interaction
from models.recommend.store.entities import Entities
from models.recommend.store.kernels.layout import ALIVE, FREE
from tests.models.recommend.store.twin import Twin
from tests.models.recommend.store.worlds import (
    LIMITS,
    MOST_LEAVING,
    WINDOW,
    World,
    lives,
    order,
    small_steps,
)

Identity = tuple[str, int]
"""An id, and the operation that made its row."""


@settings(max_examples=150, deadline=None)
@given(lives)
def test_store_equals_its_twin_after_every_operation(life: list[tuple[object, ...]]) -> None:
    with small_steps():
        world, twin = World(), Twin(LIMITS, WINDOW, MOST_LEAVING)
        for operation in life:
            world.apply(operation)
            verb, *arguments = operation
            if verb == "interact":
                twin.interact(Interaction(*arguments))
            else:
                getattr(twin, verb)(*arguments)
            assert order(world.store.users) == list(twin.users)
            assert order(world.store.items) == list(twin.items)
            for user in twin.users:
                assert world.history(user) == twin.history(user)


@settings(max_examples=150, deadline=None)
@given(lives)
def test_a_reference_never_comes_to_mean_another(life: list[tuple[object, ...]]) -> None:
    with small_steps():
        world = World()
        users, items = world.store.users, world.store.items
        touched: dict[Identity, list[Identity]] = {}
        for operation in life:
            at = world.store.sequence
            world.apply(operation)
            if operation[0] == "interact":
                user, item = (
                    identity(e, e.row(n)) for e, n in ((users, operation[1]), (items, operation[2]))
                )
                if item is not None:
                    touched[item] = [user or (operation[1], at), *touched.get(item, [])][:3]
            for row in items.alive().tolist():
                truth = touched.get(identity(items, row), [])
                for place, user_row in enumerate(world.touched["user"][row].tolist()):
                    if user_row >= 0 and users.life["state"][user_row] == ALIVE:
                        assert identity(users, user_row) == truth[place]
                    elif user_row < 0:
                        assert world.touched["weight"][row, place] == 0.0


@settings(max_examples=50, deadline=None)
@given(lives)
def test_what_went_is_cleaned_away_and_its_rows_are_used_again(
    life: list[tuple[object, ...]],
) -> None:
    with small_steps():
        world = World()
        for operation in life:
            world.apply(operation)
        for _ in range(40 * WINDOW):
            world.apply(("remove_item", "nobody's"))
        for entities in (world.store.users, world.store.items):
            states = entities.life["state"][: entities.extent]
            assert set(states.tolist()) <= {FREE, ALIVE}
        rows = world.store.items.alive()
        references = world.touched["user"][rows]
        assert np.isin(references[references >= 0], world.store.users.alive()).all()


def identity(entities: Entities, row: int) -> Identity | None:
    if row < 0:
        return None
    return entities.id(row), int(entities.life["born"][row])
