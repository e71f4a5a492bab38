from __future__ import annotations

from contextlib import suppress
from threading import Event

import pytest

from stream.dead_letters import Filter, Progress, Replay, marks_topic
from stream.dead_letters import replay as send_back
from stream.errors import FencedError, UnknownTopic
from stream.transports.protocol import Transport
from tests.stream.dead_letters.letters import contents, declare, expected, fill, sent_back
from tests.stream.runtime.memory import Crash, Faults, Faulty, MemoryTransport

TOPIC = "readings.dlq"
COUNT = 20


def replay(log: Transport, stop: Event | None = None, **how: object) -> Progress:
    given = Replay(**({"topic": TOPIC, "batch_size": 3} | how))  # type: ignore[arg-type]  # by name
    return send_back(log, log.topics()[TOPIC], given, stop=stop)


def test_the_originals_go_back_untouched_to_where_they_stood(log: Transport) -> None:
    fill(log, COUNT)
    done = replay(log)
    assert sent_back(log) == expected(*range(COUNT))
    assert done.sent == {("readings", "undecodable"): 10, ("readings", "not_a_number"): 10}
    assert (done.seen, done.total, done.before, done.other) == (COUNT, COUNT, 0, 0)


def test_a_second_run_sends_what_is_new(log: Transport) -> None:
    fill(log, COUNT)
    replay(log)
    done = replay(log)
    assert (done.sent.total(), done.before) == (0, COUNT)
    fill(log, 5, first=COUNT)
    assert replay(log).sent.total() == 5
    assert sent_back(log) == expected(*range(COUNT + 5))
    assert replay(log, again=True).sent.total() == COUNT + 5


def test_only_what_is_asked_for_goes_and_the_rest_may_follow(log: Transport) -> None:
    fill(log, COUNT)
    done = replay(log, wanted=Filter(reason="undecodable", task="pumps", since=9_000))
    assert sent_back(log) == expected(9, 11, 13, 15, 17, 19)
    assert (done.sent.total(), done.other) == (6, 14)
    assert replay(log, wanted=Filter(task="fans")).sent.total() == 0
    assert replay(log, limit=4).sent.total() == 4
    assert replay(log).sent.total() == COUNT - 10
    assert sent_back(log) == expected(*range(COUNT))


def test_a_dry_run_only_counts(log: Transport) -> None:
    fill(log, COUNT)
    assert replay(log, dry_run=True).sent.total() == COUNT
    assert marks_topic(TOPIC) not in log.topics()
    assert contents(log, "readings") == []
    replay(log, limit=3)
    assert replay(log, dry_run=True).sent.total() == COUNT - 3


def test_another_topic_may_take_them(log: Transport) -> None:
    fill(log, COUNT)
    assert replay(log, to="other").sent.total() == COUNT
    assert contents(log, "readings") == []
    assert [r[1:] for r in sent_back(log, "other")] == [r[1:] for r in expected(*range(COUNT))]
    with pytest.raises(UnknownTopic, match="nowhere"):
        replay(log, to="nowhere", again=True)


def test_a_stop_ends_it_between_two_transactions(log: Transport) -> None:
    fill(log, COUNT)
    stop = Event()
    stop.set()
    assert replay(log, stop=stop).sent.total() == 0
    assert replay(log).sent.total() == COUNT


@pytest.mark.parametrize("after", [False, True])
def test_a_crash_at_any_call_sends_nothing_twice(after: bool) -> None:
    calm, counting = memory(), Faults()
    replay(Faulty(calm, counting))  # type: ignore[arg-type]  # a stand-in
    assert counting.calls > 20
    for at in range(1, counting.calls + 1):
        log = memory()
        with suppress(Crash):
            replay(Faulty(log, Faults(at, after)))  # type: ignore[arg-type]  # a stand-in
        replay(log)
        assert sent_back(log) == expected(*range(COUNT))


def memory() -> Transport:
    log = MemoryTransport()
    declare(log)
    fill(log, COUNT)
    return log


def test_a_second_replay_fences_the_first(log: Transport) -> None:
    fill(log, COUNT)

    def begun(_: Progress) -> None:
        if not others:
            others.append(replay(log))

    others: list[Progress] = []
    how = Replay(topic=TOPIC, batch_size=3)
    with pytest.raises(FencedError):
        send_back(log, log.topics()[TOPIC], how, report=begun)
    assert others[0].before == 3
    assert sent_back(log) == expected(*range(COUNT))


def test_the_memory_of_a_topic_that_was_made_anew_hides_nothing(log: Transport) -> None:
    fill(log, 4)
    replay(log)
    marks = contents(log, marks_topic(TOPIC))
    anew = MemoryTransport()
    declare(anew)
    anew.ensure_topic(log.topics()[marks_topic(TOPIC)].spec)
    anew.append([mark_again(mark) for mark in marks])
    fill(anew, 4, first=10)
    assert replay(anew).sent.total() == 4


def mark_again(mark):
    from stream.records import Outgoing

    return Outgoing(mark.topic, mark.key, mark.value, partition=mark.partition)


def test_a_letter_of_a_letter_goes_back_as_the_letter_that_it_was(log: Transport) -> None:
    from stream.codec import Rejected, RejectReason, dead_letter

    fill(log, 1)
    (first,) = contents(log, TOPIC)
    log.append([dead_letter(first, Rejected(RejectReason.INFINITE, "No."), "fans", TOPIC)])
    done = replay(log, wanted=Filter(task="fans"))
    assert done.sent == {(TOPIC, "infinite"): 1}
    newest = contents(log, TOPIC)[-1]
    assert newest[3:] == first[3:]
