"""The fixed-spread strategies against models.md 3.3 and 3.4."""

import msgspec
import pytest

from mmtui.domain.book import Touch
from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.parameters import Settings
from mmtui.strategies.quote import AbsenceReason, Rooms
from mmtui.strategies.registry import BUILT_IN
from tests.unit.strategies.quote_contexts import context, estimates, settings

DEFAULTS = Settings.defaults()
CENT = Instrument(coin="X", asset_id=0, size_decimals=3, max_leverage=10)


def at_hundred(position=0, **changes):
    return context(
        instrument=CENT,
        touch=Touch(0, 99.999, 1.0, 100.001, 1.0),
        view=estimates(mid=100.0),
        position=position,
        limit=50_000,
        rooms=Rooms(buy=99_999, sell=99_999),
        **changes,
    )


def prices(ladder):
    return CENT.price_usd(ladder.bids[0].price), CENT.price_usd(ladder.asks[0].price)


def rounding(level):
    return sum(term.bps for term in level.waterfall.terms if term.name == "grid rounding")


def test_symmetric_quotes_the_configured_distance_whatever_the_inventory():
    for position in (-40_000, 0, 40_000):
        ladder = BUILT_IN["symmetric"]().ladder(at_hundred(position), DEFAULTS)
        assert prices(ladder) == (99.95, 100.05)
        assert ladder.half_spread_bps == pytest.approx(5.0)
        assert ladder.reservation == ladder.reference


@pytest.mark.parametrize(("share", "bid", "ask"), [(0.0, 99.95, 100.05), (0.5, 99.935, 100.035), (-1.0, 99.98, 100.08)])
def test_inventory_aware_meets_its_check_values(share, bid, ask):
    ladder = BUILT_IN["inventory_aware"]().ladder(at_hundred(round(50_000 * share)), DEFAULTS)
    reservation = ladder.reference * (1 - 0.6 * share * 5e-4)
    assert ladder.reservation == pytest.approx(reservation, rel=1e-12)
    for levels, side, wanted in ((ladder.bids, Side.BUY, bid), (ladder.asks, Side.SELL, ask)):
        for level in levels:
            before_rounding = level.waterfall.total_bps - rounding(level)
            assert 100.0 * (1 - side * before_rounding / 1e4) == pytest.approx(wanted, rel=1e-12)
            assert level.price == CENT.quote_price(side, wanted)
    assert ladder.bids


def test_the_exposed_side_shrinks_with_inventory_and_the_exit_does_not():
    ladder = BUILT_IN["inventory_aware"]().ladder(at_hundred(25_000), DEFAULTS)
    assert ladder.bids[0].size == 5_000
    assert ladder.asks[0].size == 10_000


def test_at_a_full_position_the_exposed_side_is_gone_and_says_so():
    ladder = BUILT_IN["inventory_aware"]().ladder(at_hundred(50_000), DEFAULTS)
    assert ladder.bids == ()
    assert ladder.absences[0].reason is AbsenceReason.NO_SIZE


def test_a_fixed_spread_still_respects_the_fee():
    ladder = BUILT_IN["symmetric"]().ladder(at_hundred(), settings(strategy__half_spread_bps=0.5))
    assert ladder.half_spread_bps == pytest.approx(1.7)
    assert ladder.model_half_spread_bps == pytest.approx(0.5)


def test_reduce_only_leaves_the_exit_alone():
    for name, strategy in BUILT_IN.items():
        rooms = Rooms(buy=99_999, sell=99_999, is_reduce_only=True)
        held = msgspec.structs.replace(at_hundred(200), rooms=rooms)
        ladder = strategy().ladder(held, DEFAULTS)
        assert ladder.bids == (), name
        assert sum(level.size for level in ladder.asks) <= 200, name
        assert ladder.asks, name
        assert ladder.absences[0].reason is AbsenceReason.REDUCE_ONLY, name


def test_every_strategy_answers_to_the_name_it_is_registered_under():
    assert {name: strategy().name for name, strategy in BUILT_IN.items()} == {name: name for name in BUILT_IN}
    assert DEFAULTS.text("strategy.strategy_type") in BUILT_IN
