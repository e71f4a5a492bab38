from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.records import Outgoing
from stream.runtime.audit import Audit, output_hash
from stream.tasks.protocol import Output

OUTPUT = Output(b"a", 7, Outgoing("out", b"a", b"value", (("h", b"x"),), 1000, 2))

outputs = st.builds(
    lambda entity, offset, value: Output(entity, offset, Outgoing("out", entity, value)),
    st.sampled_from([b"a", b"b", b"c"]),
    st.integers(0, 5),
    st.binary(max_size=3),
)


@pytest.mark.parametrize(
    "other",
    [
        OUTPUT._replace(offset=8),
        *(
            OUTPUT._replace(record=OUTPUT.record._replace(**change))
            for change in (
                {"topic": "outh"},
                {"key": b"b"},
                {"key": None},
                {"value": b"valu"},
                {"value": None},
                {"headers": ()},
                {"headers": (("hx", b""),)},
                {"headers": (("h", b"x"), ("h", b"x"))},
                {"timestamp": 1001},
                {"timestamp": None},
                {"partition": 3},
            )
        ),
    ],
)
def test_every_part_of_an_output_counts(other):
    assert output_hash(other) != output_hash(OUTPUT)


def test_no_byte_moves_unnoticed_between_key_and_value():
    def of(key, value):
        return output_hash(Output(b"a", 7, Outgoing("out", key, value)))

    assert of(b"ab", b"c") != of(b"a", b"bc")
    assert of(b"", b"c") != of(None, b"c")


def test_the_hash_is_the_same_in_every_process_and_release():
    assert output_hash(OUTPUT) == 0xF94FA66DE53DE12F


@given(st.lists(outputs), st.integers(0, 10))
def test_the_total_is_the_sum_over_entities_however_outputs_are_cut(made, cut):
    whole, parts = Audit(), Audit()
    whole.add(made)
    parts.add(made[:cut])
    parts.add(made[cut:])
    assert whole.total == parts.total == sum(map(whole.of, (b"a", b"b", b"c"))) % 2**64
    assert len(whole) == len({output.entity for output in made})


@given(st.lists(outputs), st.lists(outputs))
def test_restored_sums_go_on_where_they_were(before, after):
    whole, restored = Audit(), Audit()
    whole.add(before)
    for entity in (b"a", b"b", b"c"):
        restored.restore(entity, 5)  # an older snapshot, which the next one overrides
        restored.restore(entity, whole.of(entity))
    whole.add(after)
    restored.add(after)
    assert restored.total == whole.total


def test_what_has_no_entity_is_not_audited():
    audit = Audit()
    audit.add([OUTPUT._replace(entity=None)])
    assert (audit.total, len(audit)) == (0, 0)
