import numpy as np
from hypothesis import given, settings

from models.recommend.kernels.neighbours import NEARER, STEPS
from models.recommend.records import Interaction
from tests.models.conftest import COMPILED
from tests.models.recommend.ranking.lives import Life, streams
from tests.naive_recommend import Lists


def told(life: Life, stream: list[Interaction]) -> Lists:
    lists = Lists(5)
    longest = life.store.limits.history
    histories: dict[str, list[tuple[int, float, float]]] = {}
    for event in stream:
        row = life.store.items.row(event.item)
        history = histories.setdefault(event.user, [])
        newest = [entry for entry in history[::-1][:longest] if entry[2] > 0.0][:4]
        near = 0
        while near < len(newest) and event.time - newest[near][1] <= 3_600.0:
            near += 1
        if event.weight > 0.0:
            lists.learn([item for item, *_ in newest], near, row, NEARER, STEPS)
        history.append((row, event.time, event.weight))
    return lists


@settings(max_examples=30 if COMPILED else 3, deadline=None)
@given(streams())
def test_twin(stream: list[Interaction]) -> None:
    stream = [event._replace(weight=min(event.weight, 1.0)) for event in stream]
    stream = [event for event in stream if event.weight in (0.0, 1.0)]
    if not stream:
        return
    life = Life(("cooccurrence",))
    life.learn(stream)
    n = life.hybrid.cooccurrence.arrays
    lists = told(life, stream).lists
    for row in life.alive.tolist():
        want = sorted(map(tuple, lists.get(row, [])))
        used = n.items[row] >= 0
        counts = [column[row, used] for column in (n.together, n.following, n.session)]
        got = sorted(zip(n.items[row, used].tolist(), *[c.tolist() for c in counts], strict=True))
        np.testing.assert_allclose(np.array(got), np.array(want), rtol=1e-4, atol=1e-5)


def test_similar_are_those_that_came_together() -> None:
    life = Life(("cooccurrence",))
    life.learn(
        [Interaction(f"u{u}", item, 0, 1.0, 60.0 * u) for u in range(6) for item in ("a", "b")]
        + [Interaction("v", item, 0, 1.0, 1e4) for item in ("a", "c")]
    )
    a, b, c = (life.store.items.row(item) for item in "abc")
    rows, likeness = life.hybrid.cooccurrence.similar(a)
    assert rows.tolist() == [b, c]
    assert likeness[0] > likeness[1] > 0.0
    assert life.hybrid.cooccurrence.because(np.array([c, a]), np.array([b]))[0] == a
    assert life.hybrid.cooccurrence.because(np.array([c]), np.array([b]))[0] == -1
