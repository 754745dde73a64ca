"""What every ladder must be, whoever made it and whatever the market."""

import math

import pytest

from mmtui.domain.instrument import MIN_NOTIONAL_USD_MICRO


def check_ladder(quote_context, values, ladder):
    instrument, rooms = quote_context.instrument, quote_context.rooms
    touch = quote_context.touch
    for levels in (ladder.bids, ladder.asks):
        for level in levels:
            assert instrument.is_price_on_grid(level.price)
            assert level.size * level.price >= MIN_NOTIONAL_USD_MICRO
            assert level.waterfall.price_usd == pytest.approx(instrument.price_usd(level.price), rel=1e-9)
            assert all(math.isfinite(term.bps) for term in level.waterfall.terms)
            explained = math.fsum(term.bps for term in level.waterfall.terms)
            made_of = level.waterfall.reference * (1.0 - int(level.side) * explained / 1e4)
            # To the micro-USD, or to what a float of the price can hold.
            assert made_of == pytest.approx(instrument.price_usd(level.price), abs=1e-6, rel=1e-12)
        assert len({level.price for level in levels}) == len(levels)
    assert [level.price for level in ladder.bids] == sorted((level.price for level in ladder.bids), reverse=True)
    assert [level.price for level in ladder.asks] == sorted(level.price for level in ladder.asks)
    assert sum(level.size for level in ladder.bids) <= rooms.buy
    assert sum(level.size for level in ladder.asks) <= rooms.sell
    if ladder.bids:
        assert ladder.bids[0].price < instrument.price_units(touch.ask)
    if ladder.asks:
        assert ladder.asks[0].price > instrument.price_units(touch.bid)
    if ladder.bids and ladder.asks:
        assert ladder.bids[0].price < ladder.asks[0].price
    assert all(absence.text for absence in ladder.absences)
    for number in (ladder.reference, ladder.reservation, ladder.gamma_eff, ladder.half_spread_bps):
        assert math.isfinite(number)
    # Terms far beyond the cap are cut to it by one as large; what floats lose between the two is theirs.
    largest = max((abs(term.bps) for term in ladder.widening), default=0.0)
    widened = math.fsum(term.bps for term in ladder.widening)
    assert widened <= values.number("risk.max_widening_bps") + 1e-9 + 1e-14 * largest
