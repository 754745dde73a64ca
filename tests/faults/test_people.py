"""Estimators, strategies, edits and people that err: F97 to F100, F115, F116."""

import msgspec
import pytest

from mmtui.domain.commands import Act, CommandStatus, SetParameters, Verb
from mmtui.domain.estimates import Provenance
from mmtui.domain.events import Feed
from mmtui.domain.instrument import Side
from mmtui.domain.records import ParametersChanged
from mmtui.domain.view import Mode
from tests.faults.hooks import MARKET
from tests.faults.sessions import has_both_sides, places, quoting, settle, until
from tests.simulation.truth import assert_books_agree, position, resting


def edit(session, name: str, **changes) -> None:
    session.command(
        SetParameters(id=name, by="op", changes={key.replace("__", "."): value for key, value in changes.items()})
    )


def answer(session, name: str):
    return next(one for one in session.answers if one.id == name)


def rows_of_edits(session) -> list[ParametersChanged]:
    return [row for row in session.rows if isinstance(row, ParametersChanged)]


class Clamped:
    """An estimator panel whose volatility is held at its bound: prices that never move, or are no prices."""

    def __init__(self, panel) -> None:
        self.panel = panel

    def estimates(self, now: float):
        return msgspec.structs.replace(self.panel.estimates(now), sigma=self.sigma(now))

    def sigma(self, now: float):
        return msgspec.structs.replace(self.panel.sigma(now), provenance=Provenance.CLAMPED)

    def __getattr__(self, name: str):
        return getattr(self.panel, name)


def test_f93_an_estimate_that_cannot_be_widens_the_quotes_and_then_takes_them_off() -> None:
    session, faults = quoting()
    before = session.engine.state.quoting.ladder.half_spread_bps
    session.engine.state.panel = Clamped(session.engine.state.panel)
    session.run(50)
    assert session.view.mode is Mode.QUOTING, "for a minute it is only a number at its bound"
    session.run(20)
    assert session.engine.state.quoting.ladder.half_spread_bps > before + 5.0
    session.run(60)
    assert resting(session) == []
    assert session.view.mode is Mode.STALE
    session.engine.state.panel = session.engine.state.panel.panel
    settle(session, faults)


def test_f97_a_position_too_small_to_close_is_carried_and_goes_with_the_next_fills() -> None:
    session, faults = quoting()
    faults.trade_by_hand(Side.BUY, 2_000 - position(session))
    session.run(1)
    dust = session.venue.instrument.min_size(session.venue.instrument.price_units(session.view.ladder.mid)) - 1
    session.act(Verb.PAUSE)
    session.run(3)
    faults.trade_by_hand(Side.SELL, position(session) - dust)
    session.run(2)
    assert position(session) == dust
    since = len(session.sends)
    session.act(Verb.REDUCE_ONLY)
    session.act(Verb.RESUME)
    session.run(10)
    small = [a for p in places(session, since) for a in p.orders if a.terms.price * a.terms.size < 10_000_000]
    assert all(a.terms.size == dust and a.terms.reduce_only for a in small), (
        "nothing below the minimum but a whole exit"
    )
    assert not session.latches
    settle(session, faults)


@pytest.mark.parametrize("value", [float("nan"), -1.0, 10.0**9, float("inf")], ids=str)
def test_f98_an_invalid_edit_is_refused_whole_and_changes_no_order(value) -> None:
    session, faults = quoting()
    before, version = session.engine.state.settings, session.engine.state.live.version
    there = [(order.price, order.size) for order in resting(session)]
    session.command(
        SetParameters(
            id="bad",
            by="op",
            changes={"trading.max_bps_diff": 1.5, "trading.order_notional_usd": value},
        )
    )
    assert answer(session, "bad").status is CommandStatus.REFUSED
    assert "order_notional_usd" in answer(session, "bad").text
    assert session.engine.state.settings == before
    assert session.engine.state.live.version == version
    assert rows_of_edits(session) == []
    assert [(order.price, order.size) for order in resting(session)] == there
    settle(session, faults)


def test_f99_a_limit_lowered_below_the_position_reduces_from_the_same_step() -> None:
    session, faults = quoting()
    faults.trade_by_hand(Side.BUY, 8_000 - position(session))
    session.run(2)
    assert session.view.mode is Mode.QUOTING
    edit(session, "lower", trading__max_position_usd=2_500.0)
    assert answer(session, "lower").status is not CommandStatus.REFUSED, answer(session, "lower").text
    assert session.view.mode is Mode.REDUCE_ONLY
    session.run(1.5)
    assert session.view.mode is Mode.REDUCE_ONLY
    assert {(order.side, order.reduce_only) for order in resting(session)} == {(Side.SELL, True)}


def test_f100_an_edit_in_the_dark_is_journaled_at_once_and_shapes_the_first_quotes_after_it() -> None:
    session, faults = quoting()
    faults.drop(*MARKET)
    faults.feed_down(Feed.MARKET)
    session.run(7)
    assert session.view.mode is Mode.STALE
    edit(session, "dark", trading__order_notional_usd=400.0)
    assert answer(session, "dark").status is not CommandStatus.REFUSED
    assert rows_of_edits(session)[-1].after == {"trading.order_notional_usd": 400.0}
    since = len(session.sends)
    faults.heal()
    faults.feed_up(Feed.MARKET)
    assert until(session, lambda: has_both_sides(session), 20)
    for side in Side:
        sizes = [
            a.terms.size * a.terms.price for p in places(session, since)[:1] for a in p.orders if a.terms.side is side
        ]
        assert sum(sizes) <= 1.5 * 400.0 * 1e6
    settle(session, faults)


def test_f115_a_second_stop_and_a_kill_while_stopping_end_in_the_same_clean_place() -> None:
    session, _ = quoting()
    session.act(Verb.STOP)
    session.run(0.1)
    session.act(Verb.STOP)
    session.act(Verb.KILL)
    assert until(session, lambda: session.finish is not None, 12)
    assert session.finish is not None
    assert session.finish.is_killed, "the stronger word stands"
    assert session.finish.orders_left == 0
    assert resting(session) == []
    again = session.act(Verb.RESUME)
    assert again is not None
    assert again.status is CommandStatus.REFUSED
    assert_books_agree(session)


def test_f116_stopping_needs_no_question_and_adding_risk_needs_a_picture_of_now() -> None:
    session, faults = quoting()
    old = session.now_ms / 1000.0 - 5.0
    session.command(Act(id="pause", by="op", verb=Verb.PAUSE, seen_at=old))
    assert answer(session, "pause").status is CommandStatus.ACCEPTED
    session.run(3)
    assert resting(session) == []
    session.command(Act(id="resume", by="op", verb=Verb.RESUME, seen_at=old))
    assert answer(session, "resume").status is CommandStatus.REFUSED
    session.run(3)
    assert resting(session) == []
    session.command(Act(id="kill", by="op", verb=Verb.KILL, seen_at=old))
    assert answer(session, "kill").status is CommandStatus.ACCEPTED
    assert faults.taken == []
