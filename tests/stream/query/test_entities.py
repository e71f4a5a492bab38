from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import InvalidParameter
from stream.query import SORT_KEYS, EntityQuery, ScoreIndex
from stream.query.database import Database
from stream.query.entities import EntityIndex
from stream.records import Record
from tests.stream.query.records import SECOND, START, read_back, score
from tests.stream.query.test_scores import ENTITIES, Filler, batches


def both() -> tuple[Filler, EntityIndex]:
    database = Database()
    filler = Filler()
    filler.index = ScoreIndex(database)
    return filler, EntityIndex(database)


def all_pages(index: EntityIndex, query: EntityQuery, limit: int) -> list:
    page = index.find(query, limit)
    found = list(page.entities)
    while page.next_cursor is not None:
        page = index.find(query, limit, page.next_cursor)
        found += page.entities
    return found


def time_of(record: Record) -> str:
    return str(msgspec.json.decode(record.value)["time"])


@given(batches)
def test_each_entity_sums_up_its_records(given_batches: list) -> None:
    filler, entities = both()
    for batch in given_batches:
        filler.add(batch)
    by_entity: dict[str, list[Record]] = {}
    for record in filler.records:
        by_entity.setdefault(msgspec.json.decode(record.value)["entity"], []).append(record)
    assert entities.count() == len(by_entity)
    for name, records in by_entity.items():
        entity = entities.get(name)
        assert entity is not None
        statuses = [msgspec.json.decode(record.value)["status"] for record in records]
        last = max(records, key=lambda r: (time_of(r), r.partition, r.offset))
        assert entity.entity == name
        assert entity.records == len(records)
        assert entity.anomalies == statuses.count("anomaly")
        assert entity.last == last.value
        assert entity.status == msgspec.json.decode(last.value)["status"]
        assert entity.snapshot is None


@given(batches, st.sampled_from(SORT_KEYS), st.booleans(), st.integers(1, 5))
def test_every_order_lists_every_entity_once(
    given_batches: list, sort: str, descending: bool, limit: int
) -> None:
    filler, entities = both()
    for batch in given_batches:
        filler.add(batch)
    found = all_pages(entities, EntityQuery("", sort, descending), limit)
    keys = [(getattr(entity, sort), entity.entity.encode()) for entity in found]
    if sort == "entity":
        keys = [key[1:] for key in keys]
    assert keys == sorted(keys, reverse=descending)
    assert len(keys) == len(set(keys)) == entities.count()


@given(batches, batches, st.booleans(), st.integers(1, 3))
def test_pages_by_name_are_stable_while_records_are_added(
    before: list, meanwhile: list, descending: bool, limit: int
) -> None:
    filler, entities = both()
    for batch in before:
        filler.add(batch)
    query = EntityQuery("", "entity", descending)
    there = [entity.entity for entity in all_pages(entities, query, 100)]
    page = entities.find(query, limit)
    visited = [entity.entity for entity in page.entities]
    while page.next_cursor is not None:
        if meanwhile:
            filler.add(meanwhile.pop())
        page = entities.find(query, limit, page.next_cursor)
        visited += [entity.entity for entity in page.entities]
    assert len(visited) == len(set(visited))
    assert [entity for entity in visited if entity in there] == there


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", set(ENTITIES)),
        ("A", {"a", "A", "a/b", "a\0b"}),
        ("\0", {"\0", "a\0b"}),
        ("É", {"é"}),
        ("%", {"%"}),
        ("_", set()),
        ("' or 1=1 --", {"' OR 1=1 --"}),
        ("' OR '1'='1", set()),
        ("\ud800", set()),
    ],
)
def test_search_is_for_a_part_of_the_name_blind_to_case(search: str, found: set[str]) -> None:
    filler, entities = both()
    filler.add([score(entity) for entity in ENTITIES])
    names = {entity.entity for entity in all_pages(entities, EntityQuery(search), 3)}
    assert names == found


@pytest.mark.parametrize("entity", [*ENTITIES, "x" * 100_000])
def test_an_entity_is_found_by_its_exact_name_only(entity: str) -> None:
    filler, entities = both()
    filler.add([score(entity)])
    known = entities.get(entity)
    assert known is not None
    assert known.entity == entity
    assert entities.get(entity + "\0") is None
    assert entities.get("\ud800") is None


def test_first_and_last_seen_are_event_times() -> None:
    filler, entities = both()
    filler.add([score("a", START + second * SECOND, grade=second / 10) for second in (3, 9, 1)])
    entity = entities.get("a")
    assert entity is not None
    assert (entity.first_seen, entity.last_seen) == (START + SECOND, START + 9 * SECOND)
    assert entity.grade == 0.9


def test_times_before_1970_count() -> None:
    filler, entities = both()
    filler.add([score("a", -5), score("a", -7)])
    entity = entities.get("a")
    assert entity is not None
    assert (entity.first_seen, entity.last_seen) == (-7, -5)


def test_the_cursor_of_another_order_is_refused() -> None:
    filler, entities = both()
    filler.add([score("a"), score("b")])
    cursor = entities.find(EntityQuery(), 1).next_cursor
    with pytest.raises(InvalidParameter, match="very same query"):
        entities.find(EntityQuery(descending=False), 1, cursor)


def test_entities_without_records_are_bounded() -> None:
    database = Database()
    scores, entities = ScoreIndex(database, max_entities=3), EntityIndex(database)
    records = [read_back(score(str(n), START + n), n) for n in range(10)]
    scores.add(0, records)
    assert entities.count() == 10
    scores.drop(0, below=8)
    # Two still have records; of those without, the three that were seen last are kept.
    assert {entity.entity for entity in all_pages(entities, EntityQuery(), 4)} == set("56789")
    idle = entities.get("5")
    assert idle is not None
    assert (idle.records, idle.last) == (0, records[5].value)
