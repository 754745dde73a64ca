"""The cascade: its check values, what counts as liquidation-like, and what never may."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmtui.domain.book import AssetContext, Trade
from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Settings
from mmtui.estimators.cascades.cascade import CALM, Cascade, CascadeDirection
from mmtui.estimators.cascades.hawkes import BaseRate, Excitation, decay_rate, raw_severity, severity
from mmtui.estimators.cascades.liquidations import INTEREST, ContextSigns

DEFAULTS = Settings.defaults()
BETA = decay_rate(10.0)
BUY, SELL = Side.BUY, Side.SELL
T0 = 1.7e9
SIGMA = 1e-4


class Market:
    """A quiet tape of small two-sided orders, on which single orders are then placed."""

    def __init__(self, quiet_s: int = 200) -> None:
        self.cascade = Cascade(DEFAULTS)
        self.now = T0
        self.key = 0
        for i in range(quiet_s):
            self.now = T0 + i
            self.context(100.0)
            self.order(BUY if i % 2 else SELL, usd=1000.0)

    def order(self, side: Side, *, usd: float, levels: int = 1, flow: float = 0.0) -> None:
        self.key += 1
        for level in range(levels):
            price = 100.0 + side * 0.01 * level
            trade = Trade(round(self.now * 1000), side, price, usd / levels / price, self.key * 100 + level)
            self.cascade.on_trade(self.now, trade, self.key, flow)

    def context(self, mark: float, *, oracle: float | None = None, interest: float = 1e6) -> None:
        self.cascade.on_context(self.now, AssetContext(mark, oracle or mark, 0.0, interest), SIGMA)

    @property
    def raw(self) -> float:
        return self.cascade.reading(self.now).raw


def test_the_published_sequence_of_events_gives_the_published_severities() -> None:
    excitation = Excitation()
    events = [(0.0, 20_000.0), (3.0, 50_000.0), (4.0, 120_000.0), (4.5, 80_000.0), (20.0, 15_000.0)]
    sums, raws = [], []
    for at, usd in events:
        excitation.add(at, min(usd / 25_000.0, 10.0), BETA)
        sums.append(excitation.value(at, BETA))
        raws.append(raw_severity(sums[-1], 1 / 60, 0.5, BETA))
    assert sums == pytest.approx([0.8, 2.649801917, 7.272352610, 10.224629582, 4.091813905], abs=1e-9)
    assert raws == pytest.approx([0.184839248, 0.612234243, 1.680270236, 2.362391056, 0.945409757], abs=1e-9)
    later = raw_severity(excitation.value(30.0, BETA), 1 / 60, 0.5, BETA)
    assert later == pytest.approx(0.472704879, abs=1e-9)


@pytest.mark.parametrize(("mark", "raw"), [(1.0, 0.3), (4.0, 1.2)])
def test_one_event_in_a_quiet_market_is_bounded(mark: float, raw: float) -> None:
    assert raw_severity(mark, 1 / 3600, 0.5, BETA) == pytest.approx(raw)


def test_severity_is_the_raw_value_brought_below_one() -> None:
    assert [severity(raw) for raw in (0.0, 0.3, 1.2)] == pytest.approx([0.0, 0.259181779, 0.698805788])
    assert 0.999 < severity(1e6) < 1.0


def test_the_base_rate_starts_from_its_prior_and_never_falls_below_one_an_hour() -> None:
    base = BaseRate()
    base.add(0.0, 0.0)
    assert base.value(0.0) == pytest.approx(1 / 600)
    assert base.value(1e7) == pytest.approx(1 / 3600)
    for i in range(60):
        base.add(i * 10.0, 1.0)
    assert base.value(600.0) == pytest.approx(61 / 1200, rel=0.02)


def test_hours_without_a_liquidation_make_the_first_cascade_weigh_as_much_as_a_later_one() -> None:
    early, late = Market(quiet_s=60), Market(quiet_s=7200)
    for market in (early, late):
        for _ in range(40):
            market.now += 0.5
            market.context(100.0, oracle=100.25)
            market.order(SELL, usd=60_000.0, levels=3)
    assert late.raw > 2.0 * early.raw


def test_a_market_without_liquidations_is_calm() -> None:
    assert Market().cascade.reading(T0) == CALM


@pytest.mark.parametrize(("usd", "levels"), [(60_000.0, 5), (40_000.0, 5), (60_000.0, 1)])
def test_a_large_order_alone_is_one_sign_and_does_not_count(usd: float, levels: int) -> None:
    market = Market()
    market.order(SELL, usd=usd, levels=levels)
    assert market.raw == 0.0


def test_a_sweep_while_the_mark_is_below_the_oracle_counts_half() -> None:
    market = Market()
    market.context(100.0, oracle=100.25)
    market.order(SELL, usd=60_000.0, levels=3)
    assert market.raw == pytest.approx(0.3 * 0.5 * 60_000 / 25_000)
    assert market.cascade.reading(market.now).direction is CascadeDirection.LONG


def test_a_sweep_against_the_forced_direction_does_not_count() -> None:
    market = Market()
    market.context(100.0, oracle=100.25)
    market.order(BUY, usd=60_000.0, levels=3)
    assert market.raw == 0.0


@pytest.mark.parametrize(("usd", "levels"), [(40_000.0, 3), (60_000.0, 2)])
def test_an_order_that_is_not_large_or_does_not_sweep_lacks_the_second_sign(usd: float, levels: int) -> None:
    market = Market()
    market.context(100.0, oracle=100.25)
    market.order(SELL, usd=usd, levels=levels)
    assert market.raw == 0.0


def test_with_three_signs_an_order_counts_fully() -> None:
    market = Market()
    market.context(100.0, oracle=100.25, interest=0.99e6)
    market.order(SELL, usd=60_000.0, levels=3)
    assert market.raw == pytest.approx(0.3 * 60_000 / 25_000)


def test_a_run_of_the_mark_is_a_sign_and_a_small_move_is_none() -> None:
    moved, still = Market(), Market()
    moved.context(100.0 * (1 + 0.0031))
    still.context(100.0 * (1 + 0.0029))
    for market in (moved, still):
        market.order(BUY, usd=60_000.0, levels=3)
    assert moved.raw > 0.0
    assert moved.cascade.reading(moved.now).direction is CascadeDirection.SHORT
    assert still.raw == 0.0


def test_a_lasting_premium_is_no_sign() -> None:
    market = Market()
    for _ in range(3600):
        market.now += 1.0
        market.context(100.0, oracle=100.25)
    market.order(SELL, usd=60_000.0, levels=3)
    assert market.raw == 0.0


@pytest.mark.parametrize("drop", [0.0004, -0.01])
def test_open_interest_that_rises_or_hardly_falls_is_no_sign(drop: float) -> None:
    market = Market()
    market.context(100.0, interest=1e6 * (1 - drop))
    market.order(SELL, usd=60_000.0, levels=3)
    assert market.raw == 0.0


def test_an_old_context_says_nothing() -> None:
    market = Market()
    market.context(100.0, oracle=100.25, interest=0.9e6)
    market.now += 10.5
    market.order(SELL, usd=60_000.0, levels=3)
    assert market.raw == 0.0


def test_a_burst_of_one_sided_orders_is_a_sign() -> None:
    one_sided, balanced, slow = Market(), Market(), Market()
    for _ in range(150):
        for market, wait in ((one_sided, 0.01), (balanced, 0.01), (slow, 1.0)):
            market.now += wait
            market.order(SELL, usd=1000.0, flow=-0.9)
    assert one_sided.cascade.flow_ratio(one_sided.now) > 4.0 > slow.cascade.flow_ratio(slow.now)
    one_sided.order(SELL, usd=60_000.0, levels=3, flow=-0.9)
    balanced.order(SELL, usd=60_000.0, levels=3, flow=-0.6)
    slow.order(SELL, usd=60_000.0, levels=3, flow=-0.9)
    assert one_sided.raw > 0.0
    assert balanced.raw == slow.raw == 0.0


def test_the_flow_ratio_is_one_on_average() -> None:
    market = Market(quiet_s=1200)
    assert market.cascade.flow_ratio(market.now) == pytest.approx(1.0, abs=0.15)


def test_an_order_counts_from_its_sweeping_print_on_and_grows() -> None:
    market = Market()
    market.context(100.0, oracle=100.25)
    seen = []
    for level in range(5):
        trade = Trade(round(market.now * 1000), SELL, 100.0 - level, 300.0, 10**6 + level)
        market.cascade.on_trade(market.now, trade, "0xabc", 0.0)
        seen.append(market.raw)
    assert seen[:2] == [0.0, 0.0]
    assert 0.0 < seen[2] < seen[3] < seen[4]
    assert seen[4] == pytest.approx(0.15 * 300.0 * (100 + 99 + 98 + 97 + 96) / 25_000)


def test_a_wave_of_liquidations_passes_the_pull_threshold_and_fades() -> None:
    market = Market()
    for _ in range(8):
        market.now += 1.0
        market.context(99.0, oracle=100.0, interest=0.95e6)
        market.order(SELL, usd=60_000.0, levels=4)
    assert market.cascade.reading(market.now).severity > 0.8
    assert market.cascade.reading(market.now + 60.0).severity < 0.1


def test_small_orders_in_a_stressed_market_weigh_little() -> None:
    market = Market()
    for _ in range(20):
        market.now += 1.0
        market.context(99.0, oracle=100.0, interest=0.95e6)
        market.order(SELL, usd=100.0)
    assert 0.0 < market.cascade.reading(market.now).severity < 0.1


def test_another_half_life_keeps_the_excitation() -> None:
    market = Market()
    market.context(100.0, oracle=100.25)
    market.order(SELL, usd=60_000.0, levels=3)
    before = market.cascade.reading(market.now + 10.0).raw
    market.cascade.reconfigure(DEFAULTS.with_values({"estimators.cascade_half_life_s": 60.0}))
    assert market.cascade.reading(market.now).raw > 0.0
    assert market.cascade.reading(market.now + 10.0).raw > before


NUMBERS = st.floats() | st.floats(0.1, 1e6)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.booleans(),
            st.floats(-2.0, 90.0),
            st.sampled_from((BUY, SELL)),
            st.floats(1e-12, 1e12),
            st.floats(1e-12, 1e15),
            st.tuples(NUMBERS, NUMBERS, NUMBERS, st.floats(1e-6, 1e-2)),
            st.floats(-1.0, 1.0),
        ),
        max_size=120,
    ),
    st.floats(-1e6, 1e7),
)
def test_no_market_gives_a_severity_outside_its_range(
    events: list[tuple[bool, float, Side, float, float, tuple[float, float, float, float], float]], wait: float
) -> None:
    market = Market(60)
    for key, (is_trade, dt, side, price, size, (mark, oracle, interest, sigma), flow) in enumerate(events):
        market.now += dt
        if is_trade:
            market.cascade.on_trade(market.now, Trade(0, side, price, size, key), key // 3, flow)
        else:
            market.cascade.on_context(market.now, AssetContext(mark, oracle, 0.0, interest), sigma)
    reading = market.cascade.reading(market.now + wait)
    assert 0.0 <= reading.severity < 1.0
    assert 0.0 <= reading.raw < math.inf
    assert 0.0 <= market.cascade.flow_ratio(market.now + wait) < math.inf


def test_our_own_closing_on_a_small_market_is_not_taken_for_everybodys() -> None:
    def closes(own_then: float, own_now: float) -> bool:
        signs = ContextSigns()
        for second in range(120):
            signs.on_context(float(second), AssetContext(100.0, 100.0, 0.0, 10.0), SIGMA, own_then)
        signs.on_context(120.0, AssetContext(100.0, 100.0, 0.0, 7.0), SIGMA, own_now)
        return signs.signs(120.0, Side.SELL) == INTEREST

    assert closes(5.0, 5.0)
    assert not closes(5.0, 2.0)
