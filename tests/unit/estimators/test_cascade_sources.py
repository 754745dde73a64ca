"""What makes an order a liquidation: who traded, who sent it, and what our own fills say of it."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmtui.domain.book import AssetContext, Trade
from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Settings
from mmtui.domain.parameters.adverse import HLP_LIQUIDATOR
from mmtui.estimators.cascades.cascade import CALM, Cascade, CascadeDirection
from mmtui.estimators.cascades.liquidations import causes

DEFAULTS = Settings.defaults()
BUY, SELL = Side.BUY, Side.SELL
T0 = 1.7e9
SIGMA = 1e-4


class Tape:
    """A quiet tape of small two-sided orders, on which single orders are then placed."""

    def __init__(self, **changes: float | str) -> None:
        values = {f"estimators.{key}": value for key, value in changes.items()}
        self.cascade = Cascade(DEFAULTS.with_values(values))
        self.now = T0
        self.tid = 0
        for i in range(200):
            self.now = T0 + i
            self.context(100.0)
            self.order(BUY if i % 2 else SELL, usd=1000.0)
        self.now += 1.0

    @property
    def ms(self) -> int:
        return round(self.now * 1000)

    def context(self, mark: float, *, oracle: float | None = None) -> None:
        self.cascade.on_context(self.now, AssetContext(mark, oracle or mark, 0.0, 1e6), SIGMA)

    def order(self, side: Side, *, usd: float, levels: int = 1, seller: str = "", is_system: bool = False) -> None:
        key = self.ms
        for level in range(levels):
            self.tid += 1
            price = 100.0 + side * 0.01 * level
            trade = Trade(self.ms, side, price, usd / levels / price, self.tid, "", "0xbuyer", seller, is_system)
            self.cascade.on_trade(self.now, trade, key, 0.0)

    def own(self, aggressor: Side, usd: float = 0.0, *, is_liquidation: bool) -> None:
        self.cascade.on_own_trade(self.now, aggressor, self.ms, usd, is_liquidation=is_liquidation)

    @property
    def raw(self) -> float:
        return self.cascade.reading(self.now).raw

    @property
    def causes(self) -> tuple[str, ...]:
        return causes(self.cascade.reading(self.now).signs)


def test_what_a_liquidator_trades_counts_fully_without_any_proxy() -> None:
    tape = Tape()
    tape.order(SELL, usd=25_000.0, seller=HLP_LIQUIDATOR)
    assert tape.raw == pytest.approx(0.3)
    assert tape.causes == ("a liquidator's trade",)
    assert tape.cascade.reading(tape.now).direction is CascadeDirection.LONG


def test_the_liquidators_are_those_of_the_settings_and_an_edit_acts_at_once() -> None:
    tape, other = Tape(liquidator_addresses=""), "0x" + "ab" * 20
    tape.order(SELL, usd=25_000.0, seller=HLP_LIQUIDATOR)
    assert tape.raw == 0.0
    tape.cascade.reconfigure(DEFAULTS.with_values({"estimators.liquidator_addresses": f"{HLP_LIQUIDATOR}, {other}"}))
    tape.now += 1.0
    tape.order(SELL, usd=25_000.0, seller=other)
    assert tape.raw > 0.0


def test_an_order_of_the_exchange_is_a_sign_only_where_it_sweeps() -> None:
    small, sweeping, plain = Tape(), Tape(), Tape()
    small.order(SELL, usd=40_000.0, levels=3, is_system=True)
    sweeping.order(SELL, usd=60_000.0, levels=3, is_system=True)
    plain.order(SELL, usd=60_000.0, levels=3)
    assert small.raw == plain.raw == 0.0
    assert sweeping.raw == pytest.approx(0.3 * 0.5 * 60_000 / 25_000)
    assert sweeping.causes == ("proxy: large sweep", "proxy: sent by the exchange")


def test_every_proxy_says_that_it_is_one() -> None:
    assert all(word.startswith("proxy: ") for word in causes(0b11111))
    assert not any(word.startswith("proxy") for word in causes(0b1100000))


def stressed() -> Tape:
    tape = Tape()
    tape.context(100.0, oracle=100.25)
    return tape


@pytest.mark.parametrize("is_told_first", [True, False])
def test_our_own_sweep_is_never_taken_for_a_liquidation(is_told_first: bool) -> None:
    tape = stressed()
    if is_told_first:
        tape.own(SELL, is_liquidation=False)
        tape.order(SELL, usd=60_000.0, levels=3)
    else:
        tape.order(SELL, usd=60_000.0, levels=3)
        assert tape.raw > 0.0
        tape.own(SELL, is_liquidation=False)
    assert tape.raw == pytest.approx(0.0, abs=1e-12)


def test_only_the_order_that_was_ours_is_left_out() -> None:
    tape = stressed()
    tape.order(SELL, usd=60_000.0, levels=3)
    others = tape.raw
    tape.now += 0.5
    tape.order(SELL, usd=60_000.0, levels=3)
    tape.own(SELL, is_liquidation=False)
    assert tape.raw == pytest.approx(others * 2.0 ** (-0.5 / 10.0))


@pytest.mark.parametrize("is_told_first", [True, False])
def test_a_liquidation_that_hit_our_quote_counts_once_with_the_whole_order(is_told_first: bool) -> None:
    tape = Tape()
    if is_told_first:
        tape.own(SELL, 5_000.0, is_liquidation=True)
        assert tape.raw == pytest.approx(0.3 * 0.2)
    tape.order(SELL, usd=50_000.0, levels=2)
    if not is_told_first:
        assert tape.raw == 0.0
        tape.own(SELL, 50_000.0, is_liquidation=True)
    assert tape.raw == pytest.approx(0.3 * 2.0)
    assert tape.causes == ("a liquidation hit our quote",)


def test_the_slow_memory_keeps_severity_up_and_is_off_unless_it_has_weight() -> None:
    usual, careful = Tape(), Tape(cascade_slow_weight=0.3)
    for tape in (usual, careful):
        tape.order(SELL, usd=100_000.0, seller=HLP_LIQUIDATOR)
    fast, slow = math.log(2.0) / 10.0, math.log(2.0) / 30.0
    at_once, later = (careful.cascade.reading(careful.now + wait).raw for wait in (0.0, 30.0))
    assert usual.raw == pytest.approx(1.2)
    assert at_once == pytest.approx(1.2 * (1.0 + 0.3 * slow / fast))
    assert later == pytest.approx(1.2 * (0.125 + 0.3 * slow / fast * 0.5))
    careful.cascade.reconfigure(DEFAULTS)
    assert careful.raw == pytest.approx(usual.raw)


def test_what_was_seen_in_an_earlier_cascade_is_forgotten() -> None:
    tape = Tape()
    tape.order(SELL, usd=50_000.0, seller=HLP_LIQUIDATOR)
    tape.now += 600.0
    tape.own(SELL, 5_000.0, is_liquidation=True)
    assert tape.causes == ("a liquidation hit our quote",)


def test_without_a_liquidation_there_is_calm() -> None:
    assert Tape().cascade.reading(T0) == CALM


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(("print", "own", "hit")),
            st.floats(-1.0, 60.0),
            st.sampled_from((BUY, SELL)),
            st.floats(1e-9, 1e12),
            st.booleans(),
        ),
        max_size=80,
    ),
    st.floats(0.0, 1.0),
)
def test_no_order_of_messages_gives_a_severity_outside_its_range(
    events: list[tuple[str, float, Side, float, bool]], slow_weight: float
) -> None:
    cascade = Cascade(DEFAULTS.with_values({"estimators.cascade_slow_weight": slow_weight}))
    now = T0
    for tid, (kind, dt, side, usd, flag) in enumerate(events):
        now += dt
        if kind == "print":
            seller = HLP_LIQUIDATOR if flag else ""
            trade = Trade(int(now), side, 100.0, usd / 100.0, tid, "", "", seller, flag)
            cascade.on_trade(now, trade, int(now), 0.0)
        else:
            cascade.on_own_trade(now, side, int(now), usd, is_liquidation=kind == "hit")
        reading = cascade.reading(now)
        assert 0.0 <= reading.severity < 1.0
        assert 0.0 <= reading.raw < math.inf
