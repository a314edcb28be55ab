"""Refusals wait; a source that stops guessing is forgiven."""

from __future__ import annotations

from studio_ext.wire.throttle import FREE, SOURCES, Throttle


def test_a_few_mistakes_are_free_and_more_wait_longer() -> None:
    throttle = Throttle(clock=lambda: 0.0)
    penalties = [throttle.penalty("a") for _ in range(FREE + 40)]
    assert penalties[:FREE] == [0.0] * FREE
    assert penalties[FREE:] == sorted(penalties[FREE:])
    assert penalties[FREE] > 0
    assert penalties[-1] == 2.0


def test_sources_do_not_pay_for_each_other() -> None:
    throttle = Throttle(clock=lambda: 0.0)
    for _ in range(100):
        throttle.penalty("a")
    assert throttle.penalty("b") == 0


def test_time_forgives() -> None:
    now = [0.0]
    throttle = Throttle(clock=lambda: now[0])
    for _ in range(1000):
        throttle.penalty("a")
    now[0] = 200.0
    assert throttle.penalty("a") == 0


def test_it_forgets_rather_than_grows() -> None:
    throttle = Throttle(clock=lambda: 0.0)
    for number in range(SOURCES + 100):
        throttle.penalty(str(number))
    assert len(throttle._buckets) == SOURCES
