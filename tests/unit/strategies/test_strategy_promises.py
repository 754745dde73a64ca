"""What every strategy that minds its inventory promises in any market, whichever formulas it quotes by."""

import math

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mmtui.domain.instrument import Side
from mmtui.strategies.quote import Rooms
from mmtui.strategies.registry import BUILT_IN
from mmtui.strategies.sizing import is_dust
from tests.unit.properties import examples
from tests.unit.strategies.ladder_checks import check_ladder
from tests.unit.strategies.quote_contexts import P1, context, estimates, random_contexts, random_settings

# The symmetric strategy ignores inventory, and how far inventory_aware leans is the operator's own factor.
LEANING = sorted(set(BUILT_IN) - {"symmetric", "inventory_aware"})


def ladder_of(quote_context, values, name, position):
    free = Rooms(buy=100 * quote_context.limit, sell=100 * quote_context.limit)
    held = msgspec.structs.replace(quote_context, position=position, rooms=free, limit_config=quote_context.limit)
    return held, BUILT_IN[name]().ladder(held, values)


def centre_bps(ladder):
    return (1.0 - ladder.reservation / ladder.reference) * 1e4


@pytest.mark.parametrize("name", LEANING)
@given(quote_context=random_contexts(), values=random_settings(), sign=st.sampled_from([-1, 1]))
@examples(40)
def test_a_full_position_moves_the_quotes_by_the_least_share_of_the_half_spread(quote_context, values, name, sign):
    _, flat = ladder_of(quote_context, values, name, 0)
    _, full = ladder_of(quote_context, values, name, sign * quote_context.limit)
    required = values.number("strategy.min_full_skew_ratio") * full.half_spread_bps
    assert sign * (centre_bps(full) - centre_bps(flat)) >= required - 1e-6


@pytest.mark.parametrize("name", sorted(BUILT_IN))
@given(quote_context=random_contexts(), values=random_settings(), share=st.floats(-1.3, 1.3))
@examples(40)
def test_a_position_always_has_a_quote_that_reduces_it_and_everything_is_explained(quote_context, values, name, share):
    position = round(quote_context.limit * share)
    held, ladder = ladder_of(quote_context, values, name, position)
    check_ladder(held, values, ladder)
    for side, levels in ((Side.BUY, ladder.bids), (Side.SELL, ladder.asks)):
        reasons = [absence for absence in ladder.absences if absence.side is side]
        assert levels or reasons
    assume(position != 0)
    # Ten percent is further than any quote can be from the mid here.
    assume(not is_dust(held.instrument, position, held.instrument.price_units(held.touch.mid * 0.9)))
    assert ladder.asks if position > 0 else ladder.bids


@pytest.mark.parametrize("name", LEANING)
@given(quote_context=random_contexts(), values=random_settings(), shares=st.tuples(*[st.floats(0.0, 1.0)] * 2))
@examples(40)
def test_a_larger_position_never_moves_its_exit_away(quote_context, values, name, shares):
    # The documents' rule for both sides is the one that does move it away.
    values = values.with_values({"strategy.size_mode": "geometric", "strategy.hjb.risk_both_sides": False})
    small, large = (round(quote_context.limit * share) for share in sorted(shares))
    assume(small > 0)
    (held, before), (_, after) = (ladder_of(quote_context, values, name, size) for size in (small, large))
    assume(not is_dust(held.instrument, small, held.instrument.price_units(held.touch.mid * 0.9)))
    assert after.asks[0].price <= before.asks[0].price


@pytest.mark.parametrize("position", [-2500, 2500])
@pytest.mark.parametrize("mode", ["proportional", "lp", "variational", "kelly"])
@pytest.mark.parametrize("notional_usd", [15.0, 1000.0])
def test_sizes_by_edge_leave_the_exit_where_the_skew_brought_it(mode, position, notional_usd):
    law = {"adverse_bid": 0.5e-4, "adverse_zero_bid": 10e-4, "adverse_decay_bid": 800.0}
    view = estimates(**law, **{key.replace("bid", "ask"): value for key, value in law.items()})
    held = context(position=position, view=view, rooms=Rooms(buy=10**6, sell=10**6), equity_usd=10_000.0)
    chosen = {"trading.order_notional_usd": notional_usd, "strategy.level_share_max": 1.0}
    plain, sized = (
        BUILT_IN["ladder"]().ladder(held, P1.with_values({**chosen, "strategy.size_mode": size_mode}))
        for size_mode in ("geometric", mode)
    )
    check_ladder(held, P1, sized)
    exits = [ladder.asks if position > 0 else ladder.bids for ladder in (plain, sized)]
    assert exits[1][0].price == exits[0][0].price
    assert sum(level.size for level in exits[1]) <= exits[1][0].basis.wanted
    # The other side answers to what it earns alone.
    assert (sized.bids if position > 0 else sized.asks)[0].index == 1


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("glft", {"strategy.glft_mode": "glft_exact", "strategy.max_skew_bps": 0.5}),
        ("hjb", {"strategy.hjb.mode": "grid", "strategy.max_skew_bps": 2.0}),
        ("hjb", {"strategy.hjb.mode": "policy", "strategy.max_skew_bps": 2.0}),
    ],
)
def test_where_the_skew_is_capped_a_larger_position_still_never_moves_its_exit_away(name, values):
    chosen = P1.with_values({**values, "strategy.min_full_skew_ratio": 0.0, "trading.risk_aversion": 2.0})
    strategy, exits = BUILT_IN[name](), []
    view = estimates(sigma=1e-3 if name == "hjb" else 1e-4)
    for position in range(500, 5000, 500):
        held = context(position=position, view=view, rooms=Rooms(buy=10**6, sell=10**6))
        # As many as solve the controller's table.
        ladders = [strategy.ladder(held, chosen) for _ in range(100 if name == "hjb" and not exits else 1)]
        exits.append(ladders[-1].asks[0].price)
    assert exits == sorted(exits, reverse=True)
    assert len(set(exits)) > 1 or name == "hjb"


@given(quote_context=random_contexts(), values=random_settings(), name=st.sampled_from(sorted(BUILT_IN)))
@examples(60)
def test_no_widening_is_above_its_cap_on_any_level(quote_context, values, name):
    _, ladder = ladder_of(quote_context, values, name, 0)
    widening = {term.name for term in ladder.widening}
    for level in (*ladder.bids, *ladder.asks):
        added = [term.bps for term in level.waterfall.terms if term.name in widening]
        largest = max(map(abs, added), default=0.0)
        assert math.fsum(added) <= values.number("risk.max_widening_bps") + 1e-9 + 1e-14 * largest
