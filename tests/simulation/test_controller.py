"""The documents' controller against the local exchange: its quotes, its lines, and its takers."""

import msgspec
import pytest

from mmtui.domain.commands import SetParameters, Verb
from mmtui.domain.instrument import Side
from mmtui.domain.intents import PlaceOrders
from mmtui.domain.order import Purpose, TimeInForce
from mmtui.domain.view import Mode
from mmtui.engine.picture_of_strategy import strategy_note
from mmtui.risk.restraints import Effect, Restraint
from mmtui.strategies.quote import Insight
from tests.simulation.test_endings import quoting, trade_by_hand
from tests.simulation.truth import position, resting

MODES = ("heuristic", "policy", "grid")
HJB = {"strategy__strategy_type": "hjb"}
TAKING = {**HJB, "strategy__hjb__taker_enabled": True}


def loaded(make_session, share: float, **settings):
    """A session that holds ``share`` of its limit, bought by hand; whatever was held before is counted in."""
    session = quoting(make_session, **settings)
    limit = session.engine.state.risk.limit.size
    wanted = int(share * limit) - position(session)
    trade_by_hand(session, Side.BUY if wanted > 0 else Side.SELL, abs(wanted))
    session.run(0.5)
    return session, limit


def takers(session, since: int = 0):
    """Terms of every order that is no quote, since a number of sends."""
    return [
        approved.terms
        for intent in session.sends[since:]
        if isinstance(intent, PlaceOrders)
        for approved in intent.orders
        if approved.terms.purpose is not Purpose.QUOTE
    ]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("alpha", ["microprice", "drift"])
def test_every_mode_quotes_both_sides_and_says_how(make_session, mode, alpha) -> None:
    session = quoting(make_session, strategy__hjb__mode=mode, strategy__alpha_channel=alpha, **HJB)
    two_sided = 0
    for _ in range(30):
        session.run(1)
        two_sided += {order.side for order in resting(session)} == set(Side)
    assert two_sided > 10
    note = session.engine.state.quoting.ladder.insight.note
    assert note.startswith(f"hjb {mode}")
    if mode != "heuristic":
        assert "solved for" in note
    assert session.view.strategy_note == note
    rows = {row.name: row.value for row in session.view.estimates}
    assert 0.0 < rows["expected_fill_rate_bid"] < rows["A_bid"]
    assert 0.0 < rows["expected_fill_rate_ask"] < rows["A_ask"]
    assert ("expected_income" in rows) == (mode != "heuristic")


@pytest.mark.parametrize("mode", MODES)
def test_state_and_control_are_logged_in_the_words_of_the_documents(make_session, mode) -> None:
    session = quoting(make_session, strategy__hjb__mode=mode, **HJB)
    lines = [log.message for log in session.logs]
    state = next(line for line in reversed(lines) if line.startswith("StateVector["))
    control = next(line for line in reversed(lines) if line.startswith("ControlVector["))
    assert all(part in state for part in ("S=", "Q=", "μ̂=", "Δ=", "bps, I="))
    assert all(part in control for part in ("δ^b=", "δ^a=", "spread=", "asymmetry="))


def test_two_runs_of_the_solved_policy_are_byte_for_byte_the_same(make_session) -> None:
    digests = set()
    for _ in range(2):
        session = quoting(make_session, strategy__hjb__mode="policy", strategy__alpha_channel="drift", **HJB)
        session.run(20)
        digests.add(session.digest)
    assert len(digests) == 1


@pytest.mark.parametrize("mode", MODES)
def test_no_taker_is_ever_sent_while_takers_are_off(make_session, mode) -> None:
    session, limit = loaded(make_session, 0.97, strategy__hjb__mode=mode, **HJB)
    assert position(session) > 0.9 * limit
    session.run(20)
    assert not takers(session)


def test_an_urgent_position_is_closed_in_slices_that_only_reduce(make_session) -> None:
    session, limit = loaded(make_session, 0.98, **TAKING)
    start, at = position(session), session.now_ms
    assert start > 0.93 * limit
    session.run(30)
    sent = takers(session)
    assert sent
    assert all(t.side is Side.SELL and t.reduce_only and t.tif is TimeInForce.IOC for t in sent)
    lot = limit / session.engine.state.settings.number("strategy.lots_per_limit")
    seconds = (session.now_ms - at) / 1000.0
    assert sum(terms.size for terms in sent) <= seconds * lot + lot
    assert 0 < position(session) < start


def test_takers_stop_once_the_position_is_no_longer_urgent(make_session) -> None:
    session, limit = loaded(make_session, 0.97, **TAKING)
    session.run(60)
    count = len(session.sends)
    assert takers(session)
    assert position(session) < 0.9 * limit
    session.run(20)
    assert not [terms for terms in takers(session, count) if position(session) < 0.8 * limit]


def test_no_taker_goes_through_the_touch(make_session) -> None:
    session, _ = loaded(make_session, 0.98, **TAKING)
    prices = []

    def watch(intent) -> bool:
        if isinstance(intent, PlaceOrders):
            touch, instrument = session.engine.state.market.touch, session.engine.state.instrument
            bid = instrument.price_units(touch.bid)
            prices.extend(a.terms.price - bid for a in intent.orders if a.terms.purpose is not Purpose.QUOTE)
        return True

    session.on_send = watch
    session.run(20)
    assert prices
    assert set(prices) == {0}


def test_a_pause_ends_the_takers_at_once(make_session) -> None:
    session, _ = loaded(make_session, 0.99, **TAKING)
    session.run(3)
    count = len(session.sends)
    session.act(Verb.PAUSE)
    session.run(10)
    assert session.view.mode is Mode.PAUSED
    assert not takers(session, count)


class Greedy:
    """The controller, but for takers without end, on whichever side."""

    def __init__(self, inner, rate):
        self._inner, self._rate = inner, rate

    @property
    def name(self):
        return self._inner.name

    def ladder(self, context, settings):
        ladder = self._inner.ladder(context, settings)
        insight = msgspec.structs.replace(ladder.insight or Insight(), taker_rate=self._rate)
        return msgspec.structs.replace(ladder, insight=insight)


def greedy(make_session, rate: float, share: float = 0.6, **settings):
    session, limit = loaded(make_session, share, **settings)
    quoting_state = session.engine.state.quoting
    quoting_state.strategy = Greedy(quoting_state.strategy, rate)
    return session, limit


def test_a_strategy_that_asks_for_takers_gets_none_while_they_are_off(make_session) -> None:
    session, _ = greedy(make_session, -1e9, **HJB)
    session.run(10)
    assert not takers(session)


def test_a_strategy_that_asks_to_open_with_takers_gets_none(make_session) -> None:
    session, _ = greedy(make_session, 1e9, **TAKING)
    start = position(session)
    assert start > 0
    session.run(10)
    assert not [terms for terms in takers(session) if terms.side is Side.BUY and position(session) > 0]


def test_takers_that_wait_for_what_rests_already_say_so(make_session) -> None:
    session, _ = greedy(make_session, -1e9, share=0.1, **TAKING)
    told = set()
    for _ in range(20):
        session.run(0.5)
        state = session.engine.state
        is_covered = state.ledger.reserved(Side.SELL) >= state.account.position.size > 0
        told.add((is_covered, strategy_note(state).endswith("takers wait: what rests closes the whole position")))
    assert (True, True) in told
    assert told <= {(True, True), (False, False)}


def test_takers_without_end_are_held_to_the_rate_of_the_settings(make_session) -> None:
    session, limit = greedy(make_session, -1e9, strategy__hjb__nu_max=0.1, **TAKING)
    at = session.now_ms
    session.run(40)
    sold = sum(terms.size for terms in takers(session))
    lot = limit / session.engine.state.settings.number("strategy.lots_per_limit")
    assert 0 < sold <= 0.1 * lot * (session.now_ms - at) / 1000.0 + lot
    assert position(session) > -limit


def test_an_edit_turns_takers_off_and_on(make_session) -> None:
    session, _ = greedy(make_session, -1e9, **TAKING)
    count = len(session.sends)
    session.command(SetParameters(id="off", by="op", changes={"strategy.hjb.taker_enabled": False}))
    session.run(8)
    assert not takers(session, count)
    session.command(SetParameters(id="on", by="op", changes={"strategy.hjb.taker_enabled": True}))
    session.run(8)
    assert takers(session, count)


def test_in_a_post_only_window_no_taker_is_sent(make_session) -> None:
    session, _ = greedy(make_session, -1e9, **TAKING)
    until = session.now_ms / 1000.0 + 10.0
    window = Restraint(key="window", effect=Effect.NO_TAKER, text="post-only window", until=until)
    session.engine.state.risk.restraints.put(window)
    count = len(session.sends)
    session.run(8)
    assert not takers(session, count)
    session.run(10)
    assert takers(session, count)
