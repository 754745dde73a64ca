"""A falling or rising knife moves and shrinks the side it runs into, never the side that reduces. models.md 6.11."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.instrument import Side
from mmtui.strategies.registry import BUILT_IN
from mmtui.strategies.spread import SpreadLimits, knife_term
from tests.unit.strategies.quote_contexts import context, estimates, settings

DEFAULTS = settings()
MODES = ("ladder", "glft", "symmetric", "inventory_aware")


def quoted(name, *, position=0, chosen=DEFAULTS, **signals):
    return BUILT_IN[name]().ladder(context(position=position, view=estimates(**signals)), chosen)


def terms_of(level):
    return {term.name: term.bps for term in level.waterfall.terms}


@pytest.mark.parametrize("name", MODES)
def test_a_falling_knife_puts_the_bids_further_away_and_leaves_the_asks(name):
    calm, falling = quoted(name), quoted(name, falling_knife=0.7)
    assert falling.bids[0].price < calm.bids[0].price
    assert [level.price for level in falling.asks] == [level.price for level in calm.asks]
    assert terms_of(falling.bids[0])["falling knife"] == pytest.approx(0.7 * calm.model_half_spread_bps)


@pytest.mark.parametrize("name", MODES)
def test_a_rising_knife_is_the_mirror(name):
    calm, rising = quoted(name), quoted(name, rising_knife=0.7)
    assert rising.asks[0].price > calm.asks[0].price
    assert [level.price for level in rising.bids] == [level.price for level in calm.bids]


@pytest.mark.parametrize("name", MODES)
@pytest.mark.parametrize(("position", "signal"), [(-2000, "falling_knife"), (2000, "rising_knife")])
def test_the_side_that_reduces_the_position_never_moves_for_a_knife(name, position, signal):
    calm, knife = quoted(name, position=position), quoted(name, position=position, **{signal: 1.0})
    side = "bids" if position < 0 else "asks"
    assert [(level.price, level.size) for level in getattr(knife, side)] == [
        (level.price, level.size) for level in getattr(calm, side)
    ]


@pytest.mark.parametrize("name", MODES)
def test_switched_off_it_changes_nothing(name):
    off = settings(strategy__knife_enabled=False)
    calm, knife = quoted(name, chosen=off), quoted(name, chosen=off, falling_knife=1.0, rising_knife=1.0)
    assert [(q.price, q.size) for q in (*calm.bids, *calm.asks)] == [
        (q.price, q.size) for q in (*knife.bids, *knife.asks)
    ]


def test_an_edit_acts_at_the_next_quote_of_the_same_strategy():
    strategy = BUILT_IN["ladder"]()
    falling = context(view=estimates(falling_knife=1.0))
    on = strategy.ladder(falling, DEFAULTS)
    off = strategy.ladder(falling, settings(strategy__knife_enabled=False))
    assert off.bids[0].price > on.bids[0].price


@given(
    knife=st.floats(0.0, 1.0),
    model_bps=st.floats(0.0, 200.0),
    position=st.integers(-5000, 5000),
    side=st.sampled_from(list(Side)),
)
def test_the_widening_is_at_most_the_model_and_zero_where_it_reduces(knife, model_bps, position, side):
    view = estimates(falling_knife=knife, rising_knife=knife)
    term = knife_term(context(position=position, view=view), side, model_bps, SpreadLimits.from_settings(DEFAULTS))
    assert 0.0 <= term.bps <= model_bps
    assert term.bps == 0.0 or int(side) * position >= 0


def test_the_widening_of_a_knife_is_under_the_cap_on_all_widening():
    capped = quoted("symmetric", chosen=settings(risk__max_widening_bps=1.0), falling_knife=1.0)
    assert terms_of(capped.bids[0])["widening cap"] == pytest.approx(-4.0)
