from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.codec.trace_context import trace_of

PARENT = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_a_sound_trace_goes_on_unchanged() -> None:
    state = (("tracestate", b"rojo=00f067aa0ba902b7"), ("tracestate", b"congo=t61rcWkgMzE, a@b=1"))
    others = (("x", b"1"), ("baggage", b"a=b"))
    assert trace_of((*others, ("traceparent", PARENT), *state)) == (("traceparent", PARENT), *state)


def test_a_version_to_come_may_be_longer() -> None:
    later = b"cc" + PARENT[2:] + b"-what-comes"
    assert trace_of((("traceparent", later),)) == (("traceparent", later),)


@pytest.mark.parametrize(
    "malformed",
    [
        b"",
        PARENT.upper(),
        PARENT + b"-00",
        b"ff" + PARENT[2:],
        b"cc" + PARENT[2:] + b"more",
        b"00-" + b"0" * 32 + PARENT[35:],
        PARENT[:36] + b"0" * 16 + b"-01",
        PARENT + b"\n",
        b"\xff" * 55,
    ],
)
def test_a_malformed_parent_is_dropped_with_its_state(malformed: bytes) -> None:
    assert trace_of((("traceparent", malformed), ("tracestate", b"a=b"))) == ()


def test_two_parents_are_none() -> None:
    assert trace_of((("traceparent", PARENT), ("traceparent", PARENT))) == ()
    assert trace_of((("tracestate", b"a=b"),)) == ()


@pytest.mark.parametrize("state", [b"a", b"A=b", b"a=b=c", b"a=\xff", b",".join([b"a=b"] * 33)])
def test_a_malformed_state_is_dropped_alone(state: bytes) -> None:
    headers = (("traceparent", PARENT), ("tracestate", state))
    assert trace_of(headers) == (("traceparent", PARENT),)


@given(st.lists(st.tuples(st.sampled_from(["traceparent", "tracestate", "x"]), st.binary())))
def test_any_headers_are_taken(headers: list[tuple[str, bytes]]) -> None:
    assert set(trace_of(tuple(headers))) <= set(headers)
