from __future__ import annotations

import pytest

from stream.errors import UnknownTopic
from stream.query import DetectorView, EntityQuery, ScoreQuery
from stream.records import Outgoing
from stream.transports import Transport
from tests.stream.query.conftest import MakeView, make_topics
from tests.stream.query.records import OUTPUT, SECOND, START, score, snapshot


def everything(view: DetectorView) -> set[bytes]:
    return set(view.scores.find(ScoreQuery(), 1000).records)


def some(count: int, partitions: int = 2, start: int = 0) -> list[Outgoing]:
    return [
        score(f"e{n % 7}", START + n * SECOND, partition=n % partitions, offset=n)
        for n in range(start, start + count)
    ]


def test_a_refresh_reads_on_from_where_the_last_one_stopped(
    transport: Transport, view: DetectorView
) -> None:
    assert view.refresh() == 0
    first, second = some(30), some(20, start=30)
    transport.append(first)
    assert view.refresh() == 30
    transport.append(second)
    assert view.refresh() == 20
    assert view.refresh() == 0
    assert everything(view) == {outgoing.value for outgoing in first + second}


def test_it_has_caught_up_after_the_first_refresh(transport: Transport, view: DetectorView) -> None:
    assert not view.caught_up.is_set()
    view.refresh()
    assert view.caught_up.is_set()


def test_missing_topics_are_told_and_picked_up_later(
    empty_transport: Transport, make_view: MakeView
) -> None:
    view = make_view()
    with pytest.raises(UnknownTopic, match=r"'pumps\.scores' must exist"):
        view.refresh()
    assert not view.caught_up.is_set()
    make_topics(empty_transport)
    empty_transport.append(some(3))
    assert view.refresh() == 3


@pytest.mark.parametrize("step", [1, 3, 17, 100])
def test_the_index_is_bounded_to_the_newest_of_each_partition(
    transport: Transport, make_view: MakeView, step: int
) -> None:
    view = make_view(transport, max_records=20)
    records = some(100)
    for start in range(0, 100, step):
        transport.append(records[start : start + step])
        view.refresh()
        assert len(everything(view)) <= 20
    assert everything(view) == {outgoing.value for outgoing in records[-20:]}


def test_a_record_from_the_far_future_leaves_like_any_other(
    transport: Transport, make_view: MakeView
) -> None:
    view = make_view(transport, max_records=4)
    transport.append([score("a", START * 5)])
    view.refresh()
    transport.append(some(8))
    view.refresh()
    assert len(everything(view)) == 4
    assert view.entities.get("a") is not None
    assert b"2220" not in b"".join(everything(view))


def test_a_long_topic_is_not_read_from_its_beginning(
    transport: Transport, make_view: MakeView
) -> None:
    transport.append(some(100))
    assert make_view(transport, max_records=10).refresh() == 10


def test_what_an_evicted_record_counted_for_is_counted_no_more(
    transport: Transport, make_view: MakeView
) -> None:
    view = make_view(transport, max_records=4)
    transport.append([score("a", START, "anomaly"), score("a", START + 1, "anomaly")])
    view.refresh()
    transport.append([score("b", START + n) for n in range(2, 4)])
    view.refresh()
    entity = view.entities.get("a")
    assert entity is not None
    assert (entity.records, entity.anomalies, entity.status) == (0, 0, "anomaly")


def test_a_topic_that_was_made_anew_is_read_anew(transport: Transport, make_view: MakeView) -> None:
    view = make_view(transport)
    transport.append(some(10))
    view.refresh()
    infos = transport.topics()
    shorter = {**infos, OUTPUT: infos[OUTPUT]._replace(bounds=((0, 2), (0, 3)))}
    assert view.refresh(shorter) == 5
    assert len(everything(view)) == 5


def test_an_interrupted_refresh_has_not_caught_up(transport: Transport, view: DetectorView) -> None:
    transport.append(some(10))
    view.interrupt()
    view.refresh()
    assert not view.caught_up.is_set()


def test_entities_with_a_snapshot_alone_are_known(transport: Transport, view: DetectorView) -> None:
    transport.append([snapshot(b"quiet", b"12", valid_at=90)])
    view.refresh()
    (entity,) = view.entities.find(EntityQuery()).entities
    assert (entity.entity, entity.records, entity.last_seen) == ("quiet", 0, None)


def test_many_entities_are_listed_in_full(transport: Transport, view: DetectorView) -> None:
    transport.append([score(f"key-{n:04}", START + n) for n in range(1200)])
    view.refresh()
    page = view.entities.find(EntityQuery(sort="entity", descending=False), 1000)
    rest = view.entities.find(EntityQuery(sort="entity", descending=False), 1000, page.next_cursor)
    names = [entity.entity for entity in page.entities + rest.entities]
    assert names == [f"key-{n:04}" for n in range(1200)]
