"""Warm-up: all counts, the time-out, and the decay of the first quotes' width."""

import pytest

from mmtui.domain.parameters import Settings
from mmtui.estimators.warmup import Warmup

DEFAULTS = Settings.defaults()


def a_warmup(choice: str = "wait") -> Warmup:
    warmup = Warmup(DEFAULTS.with_values({"strategy.warmup_on_timeout": choice}))
    warmup.start(100.0)
    warmup.ticks, warmup.books, warmup.trades = 20, 10, 50
    return warmup


def test_all_counts_make_it_complete_and_ready() -> None:
    status = a_warmup().status(101.0, 50)
    assert (status.fraction, status.is_complete, status.ready, status.timed_out) == (1.0, True, True, False)


@pytest.mark.parametrize(("field", "fraction"), [("ticks", 0.5), ("books", 0.5), ("trades", 0.5)])
def test_the_slowest_count_decides(field: str, fraction: float) -> None:
    warmup = a_warmup()
    setattr(warmup, field, getattr(warmup, field) // 2)
    status = warmup.status(101.0, 50)
    assert (status.fraction, status.ready) == (fraction, False)
    assert a_warmup().status(101.0, 49).fraction == pytest.approx(0.98)


def test_nothing_is_ready_or_late_before_the_first_event() -> None:
    status = Warmup(DEFAULTS).status(1e9, 0)
    assert (status.elapsed_s, status.timed_out, status.ready, status.fraction) == (0.0, False, False, 0.0)


@pytest.mark.parametrize(("choice", "ready"), [("wait", False), ("auto", False), ("quote", True)])
def test_after_the_time_out_only_quote_is_ready(choice: str, ready: bool) -> None:
    warmup = a_warmup(choice)
    warmup.trades = 3
    assert not warmup.status(219.9, 50).ready
    status = warmup.status(220.0, 50)
    assert (status.timed_out, status.is_complete, status.ready) == (True, False, ready)


def test_prior_quotes_need_the_books_all_the_same() -> None:
    warmup = a_warmup("quote")
    warmup.books = 9
    assert not warmup.status(1e6, 0).ready


def test_counts_of_zero_are_met_at_once() -> None:
    changes = {"strategy.warmup_ticks": 0, "strategy.warmup_microprice": 0, "strategy.min_trades": 0}
    warmup = Warmup(DEFAULTS.with_values(changes))
    warmup.start(0.0)
    warmup.books = 10
    assert warmup.status(0.0, 0).ready
