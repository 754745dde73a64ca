"""Every denial keeps an order from the exchange, and every monitor changes what rests there."""

import msgspec
import pytest

from mmtui.domain.commands import Verb
from mmtui.domain.events import (
    AccountSnapshot,
    ActionFailed,
    BookUpdate,
    BudgetUpdate,
    Certainty,
    ContextUpdate,
    RefusalReason,
    TouchUpdate,
    TradePrints,
)
from mmtui.domain.instrument import Side
from mmtui.domain.intents import CancelOrders, LogLevel, PlaceOrders
from mmtui.domain.order import OrderTerms, Purpose, TimeInForce
from mmtui.domain.parameters import Settings
from mmtui.domain.view import Mode
from mmtui.engine.account import DayState
from mmtui.engine.outbox import Outbox
from mmtui.engine.quoting import cycle
from mmtui.engine.state import EngineOptions
from mmtui.research.simulation import START_MS, SimulatedSession, synthetic_exchange
from mmtui.risk.controls import Denial
from tests.simulation.test_endings import holding, quoting, trade_by_hand
from tests.simulation.truth import position, resting

MARKET = (BookUpdate, TouchUpdate, TradePrints, ContextUpdate)


class Bench:
    """A quoting session whose last step before the wire is given orders that no strategy would want."""

    def __init__(self, session: SimulatedSession) -> None:
        self.session = session
        self.state = session.engine.state

    @property
    def ask(self) -> int:
        return self.state.instrument.price_units(self.state.market.touch.ask)

    @property
    def bid(self) -> int:
        return self.state.instrument.price_units(self.state.market.touch.bid)

    def price(self, side: Side, bps: float) -> int:
        return self.state.instrument.quote_price(side, self.state.market.touch.mid * (1.0 - side * bps / 1e4))

    def terms(self, side: Side = Side.BUY, **changes) -> OrderTerms:
        now = self.session.now_ms / 1000.0
        values = {
            "cloid": self.state.ledger.numbering.cloid(),
            "side": side,
            "price": self.price(side, 70.0),
            "size": self.state.instrument.min_size(self.price(side, 70.0)) * 2,
            "tif": TimeInForce.ALO,
            "purpose": Purpose.QUOTE,
            "reduce_only": False,
            "level": 9,
            "created_at": now,
            "expires_at_ms": int(now * 1000) + 8000,
        }
        return OrderTerms(**{**values, **changes})

    def submit(self, *proposals: OrderTerms) -> tuple[list[str], list[str]]:
        """Cloids that reached the exchange, and the reasons of those that were denied."""
        out = Outbox(self.session.now_ms / 1000.0, LogLevel.DEBUG)
        cycle.place(self.state, out, list(proposals))
        count = len(self.session.logs)
        for intent in out.intents():
            self.session._carry_out(intent)
        denied = [line.fields["reason"] for line in self.session.logs[count:] if line.message == "Order denied"]
        self.session.run(0.5)
        known = self.session.exchange.statements
        arrived = [t.cloid for t in proposals if known.order_status(self.session.account, t.cloid) is not None]
        return arrived, denied


def bench(make_session, **settings) -> Bench:
    return Bench(quoting(make_session, **settings))


def clip(one: Bench) -> int:
    return cycle.clip(one.state)


def paused(make_session):
    one = bench(make_session)
    one.session.act(Verb.PAUSE)
    return one, one.terms()


def reducing_only(make_session):
    one = Bench(holding(make_session))
    one.session.act(Verb.REDUCE_ONLY)
    return one, one.terms(Side.BUY)


def silent(make_session):
    one = bench(make_session)
    one.session.on_event = lambda event: None if isinstance(event, MARKET) else event
    one.session.run(3)
    assert one.session.view.mode is Mode.QUOTING
    return one, one.terms()


def off_grid(make_session):
    one = bench(make_session)
    return one, one.terms(price=one.price(Side.BUY, 70.0) + 1)


def small(make_session):
    one = bench(make_session)
    return one, one.terms(size=1)


def far(make_session):
    one = bench(make_session)
    return one, one.terms(price=one.price(Side.BUY, 130.0))


def dear(make_session):
    one = bench(make_session)
    return one, one.terms(size=int(clip(one) * 1.7))


def big(make_session):
    one = bench(make_session)
    return one, one.terms(size=int(clip(one) * 2.5))


def beyond_the_limit(make_session):
    one = bench(make_session)
    return one, one.terms(size=one.state.risk.limit.size + 1)


def not_post_only(make_session):
    one = bench(make_session)
    return one, one.terms(tif=TimeInForce.GTC)


def crossing(make_session):
    one = bench(make_session)
    return one, one.terms(price=one.ask)


def twice(make_session):
    one = bench(make_session)
    run, one.session.run = one.session.run, lambda seconds: None
    first = one.terms()
    assert one.submit(first)[1] == []
    one.session.run = run
    return one, msgspec.structs.replace(first, cloid=one.state.ledger.numbering.cloid())


def too_much_open(make_session):
    one = bench(make_session)
    monkey = pytest.MonkeyPatch()
    monkey.setattr(cycle, "OPEN_NOTIONAL_RATIO", 0.01)
    terms = one.terms()
    submit = one.submit

    def once(*proposals):
        try:
            return submit(*proposals)
        finally:
            monkey.undo()

    one.submit = once
    return one, terms


def a_taker_that_opens(make_session):
    one = bench(make_session)
    price = one.price(Side.BUY, -20.0)
    return one, one.terms(price=price, tif=TimeInForce.IOC, purpose=Purpose.FLATTEN, reduce_only=True)


DENIED = {
    Denial.VALVE_SHUT: paused,
    Denial.ADDS_RISK: reducing_only,
    Denial.OFF_GRID: off_grid,
    Denial.BELOW_MINIMUM: small,
    Denial.OFF_COLLAR: far,
    Denial.NOTIONAL: dear,
    Denial.SIZE: big,
    Denial.POSITION: beyond_the_limit,
    Denial.OPEN_NOTIONAL: too_much_open,
    Denial.DUPLICATE: twice,
    Denial.NOT_POST_ONLY: not_post_only,
    Denial.CROSSES_MARKET: crossing,
    Denial.OLD_DATA: silent,
}
ELSEWHERE = {Denial.OPEN_ORDERS, Denial.SELF_CROSS, Denial.NO_REFERENCE}


def test_every_denial_is_held_against_the_exchange() -> None:
    assert set(DENIED) | ELSEWHERE == set(Denial)


def test_what_nothing_speaks_against_arrives(make_session) -> None:
    one = bench(make_session)
    terms = one.terms()
    assert one.submit(terms) == ([terms.cloid], [])


@pytest.mark.incident("B38")
@pytest.mark.parametrize("reason", list(DENIED), ids=lambda reason: reason.name)
def test_a_denied_order_never_reaches_the_exchange(make_session, reason) -> None:
    one, terms = DENIED[reason](make_session)
    assert one.submit(terms) == ([], [reason.value])


def test_a_taker_may_only_close(make_session) -> None:
    one, terms = a_taker_that_opens(make_session)
    assert one.submit(terms) == ([], [Denial.ADDS_RISK.value])


def test_no_more_orders_are_open_than_the_cap_allows(make_session) -> None:
    one = bench(make_session)
    proposals = [one.terms(price=one.price(Side.BUY, 60.0 + 0.5 * n)) for n in range(50)]
    arrived, denied = one.submit(*proposals)
    assert arrived
    assert Denial.OPEN_ORDERS.value in denied
    assert len(resting(one.session)) <= 40


def test_an_order_never_meets_an_own_one_that_is_still_on_its_way(make_session) -> None:
    one = bench(make_session)
    for _ in range(600):
        if one.ask - one.bid > one.state.instrument.tick(one.bid):
            break
        one.session.run(0.1)
    price = one.state.instrument.step_away(Side.BUY, one.ask)
    sell, buy = one.terms(Side.SELL, price=price), one.terms(Side.BUY, price=price)
    _, denied = one.submit(sell, buy)
    assert denied == [Denial.SELF_CROSS.value]


def test_without_any_reference_price_the_valve_is_shut(make_session) -> None:
    session = make_session("ETH")
    session.on_event = lambda event: None if isinstance(event, TouchUpdate | BookUpdate) else event
    session.run(60)
    assert session.sends == []
    assert session.view.mode is Mode.WARMING


@pytest.mark.incident("B20")
def test_a_drawdown_kills_and_clears_the_book() -> None:
    day = DayState(utc_day=START_MS // 86_400_000, opening_equity=100_000_000_000, peak_pnl=6_000_000_000, pnl=0)
    settings = Settings.defaults().with_values({"trading.asset": "ETH", "strategy.warmup_on_timeout": "quote"})
    exchange = synthetic_exchange("ETH", seed=1)
    session = SimulatedSession(exchange, "ETH", settings, options=EngineOptions(run=1, day=day))
    session.run(20)
    assert session.latches[0].reason == "drawdown"
    assert resting(session) == []


@pytest.mark.incident("B38")
def test_a_position_worth_more_than_its_soft_limit_is_only_reduced(make_session) -> None:
    session = quoting(make_session, risk__max_position_value_usd=3_000.0, trading__max_position_usd=3_000.0)
    trade_by_hand(session, Side.BUY, 8_000 - position(session))
    session.run(3)
    assert not session.latches
    assert session.view.mode is Mode.REDUCE_ONLY
    assert resting(session)
    assert all(order.reduce_only and order.side is Side.SELL for order in resting(session))


@pytest.mark.incident("B38")
def test_a_near_liquidation_price_leaves_only_reducing_quotes(make_session) -> None:
    session = holding(make_session)

    def near(event):
        if isinstance(event, AccountSnapshot) and event.position:
            price = round(session.engine.state.instrument.price_units(session.view.ladder.mid) * 0.99)
            return msgspec.structs.replace(event, liquidation_price=price)
        return event

    session.on_event = near
    session.run(15)
    assert session.view.mode is Mode.REDUCE_ONLY
    assert resting(session)
    assert all(order.reduce_only and order.side is Side.SELL for order in resting(session))


class _Cascading:
    def __init__(self, panel, severity: float) -> None:
        self._panel = panel
        self._severity = severity

    def estimates(self, now: float):
        found = self._panel.estimates(now)
        signals = msgspec.structs.replace(found.signals, cascade_severity=self.cascade_severity(now))
        return msgspec.structs.replace(found, signals=signals)

    def cascade_severity(self, now: float) -> float:
        return self._severity

    def __getattr__(self, name):
        return getattr(self._panel, name)


@pytest.mark.incident("B14")
@pytest.mark.parametrize("policy", ["increasing", "all"])
def test_a_cascade_pulls_the_quotes_that_its_policy_names(make_session, policy) -> None:
    session = holding(make_session, risk__cascade_pull=policy)
    state = session.engine.state
    state.panel = _Cascading(state.panel, 0.9)
    session.run(4)
    if policy == "all":
        assert resting(session) == []
    else:
        assert {order.side for order in resting(session)} == {Side.SELL}
        assert all(order.reduce_only for order in resting(session))
    state.panel = state.panel._panel
    session.run(8)
    assert {order.side for order in resting(session)} == {Side.BUY, Side.SELL}


def placing_actions(session, seconds: float) -> int:
    count = len(session.sends)
    session.run(seconds)
    return sum(isinstance(intent, PlaceOrders) for intent in session.sends[count:])


@pytest.mark.fault("F06")
@pytest.mark.incident("B16")
def test_rate_limit_refusals_slow_the_cadence_and_pull_nothing(make_session) -> None:
    session = quoting(make_session)
    before = placing_actions(session, 50)
    for n in range(12):
        session.feed(
            ActionFailed(
                received_at=session.now_ms / 1000.0,
                request_id=10**6 + n,
                certainty=Certainty.NOT_EXECUTED,
                reason=RefusalReason.RATE_LIMITED,
                text="429",
            )
        )
    after = placing_actions(session, 50)
    assert after < before / 2
    assert resting(session)
    assert not session.latches


@pytest.mark.fault("F07")
@pytest.mark.incident("B16")
def test_a_scarce_request_budget_takes_levels_and_never_price(make_session) -> None:
    session = quoting(make_session)
    before = session.engine.state.quoting.ladder
    session.on_event = lambda event: (
        msgspec.structs.replace(event, address_left=event.address_cap // 100)
        if isinstance(event, BudgetUpdate)
        else event
    )
    session.run(40)
    sides = [order.side for order in resting(session)]
    assert 0 < len(sides) <= 2
    assert len(set(sides)) == len(sides)
    after = session.engine.state.quoting.ladder
    assert abs(after.half_spread_bps - before.half_spread_bps) < 10.0


@pytest.mark.fault("F96")
@pytest.mark.incident("B30")
def test_one_sided_fills_kill(make_session) -> None:
    session = quoting(make_session, risk__one_sided_orders_max=2, strategy__ladder_config__num_levels=5)
    for _ in range(60):
        session.run(10)
        if session.finish is not None:
            break
    assert session.latches[0].reason == "one-sided fills"
    assert resting(session) == []


@pytest.mark.fault("F95")
@pytest.mark.incident("B30")
def test_a_level_replaced_too_often_kills(make_session) -> None:
    session = make_session("ETH", risk__replacements_max=5, trading__max_bps_diff=0.01)
    for _ in range(60):
        session.run(5)
        if session.finish is not None:
            break
    assert session.latches[0].reason == "runaway"
    assert resting(session) == []


@pytest.mark.incident("B26")
def test_our_own_action_limit_holds_placing_back_and_never_a_cancel(make_session) -> None:
    session = quoting(make_session, risk__actions_per_min_max=20.0, trading__max_bps_diff=0.01)
    assert placing_actions(session, 60) <= 14
    count = len(session.sends)
    session.act(Verb.PAUSE)
    assert any(isinstance(intent, CancelOrders) for intent in session.sends[count:]) or resting(session) == []
    session.run(3)
    assert resting(session) == []
