"""What a view of the market, the flow, funding and costs by depth do to the quotes, and every setting of theirs."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.strategies.inputs import AdverseCost
from mmtui.strategies.quote import Term
from mmtui.strategies.registry import BUILT_IN
from mmtui.strategies.spread import SpreadLimits, skew
from tests.checks.quotes import distance_bps, first, quotes, term_bps
from tests.unit.properties import examples
from tests.unit.strategies.quote_contexts import PURE, context, estimates, learned, settings

DRIFT = PURE.with_values({"strategy.alpha_channel": "drift"})
GLFT_MODES = ["glft", "glft_exact", "as_horizon", "literal"]


def lean_bps(ladder):
    return (1.0 - ladder.reservation / ladder.reference) * 1e4


def test_a_drift_leads_the_mid_by_what_is_left_of_it():
    # A score of 0.8 is a drift of 2e-5 a second, the check value of models.md 2.5: 0.393113 bps.
    view = estimates(fair=100_003.0, drift_score=0.8)
    ladder = quotes(context(view=view), DRIFT)
    assert ladder.reference == 100_000.0
    assert lean_bps(ladder) == pytest.approx(-0.393113, rel=1e-5)
    assert term_bps(first(ladder, 1), "drift") == pytest.approx(-0.393113, rel=1e-5)
    assert term_bps(first(ladder, -1), "drift") == pytest.approx(0.393113, rel=1e-5)


@pytest.mark.parametrize("channel", ["microprice", "none"])
def test_only_the_drift_channel_knows_the_drift(channel):
    values = PURE.with_values({"strategy.alpha_channel": channel})
    view, still = (estimates(fair=100_003.0, drift_score=score) for score in (1.0, 0.0))
    assert quotes(context(view=view), values) == quotes(context(view=still), values)


def test_the_drift_and_the_microprice_are_never_used_together():
    ladder = quotes(context(view=estimates(fair=100_003.0, drift_score=1.0)), DRIFT)
    assert first(ladder, 1).waterfall.reference_name == "mid"
    both = quotes(context(view=estimates(fair=100_003.0, drift_score=1.0)), PURE)
    assert first(both, 1).waterfall.reference_name == "fair"
    assert term_bps(first(both, 1), "drift") == 0.0


@pytest.mark.parametrize("mode", GLFT_MODES)
def test_the_drift_leads_in_every_mode(mode):
    values = DRIFT.with_values({"strategy.glft_mode": mode})
    up, down = (quotes(context(view=estimates(drift_score=score)), values) for score in (1.0, -1.0))
    assert lean_bps(up) == pytest.approx(-lean_bps(down), abs=1e-9)
    assert -0.5 - 1e-9 <= lean_bps(up) < -0.4


@pytest.mark.parametrize("name", ["symmetric", "inventory_aware"])
def test_the_drift_leads_the_simple_strategies_by_its_whole_move(name):
    ladder = quotes(context(view=estimates(drift_score=1.0)), DRIFT, name)
    assert lean_bps(ladder) == pytest.approx(-0.5)


def test_the_settings_of_the_drift_change_the_quotes():
    view = estimates(drift_score=1.0)
    plain = lean_bps(quotes(context(view=view), DRIFT))
    assert lean_bps(quotes(context(view=view), DRIFT.with_values({"strategy.drift_beta_bps": 1.0}))) == pytest.approx(
        2.0 * plain
    )
    slow = DRIFT.with_values({"strategy.kappa_mu": 0.01})
    assert abs(lean_bps(quotes(context(view=view), slow))) < abs(plain) * 0.6


def flowing(imbalance, **changes):
    return msgspec.structs.replace(estimates(**changes), flow_imbalance=learned(imbalance))


def test_one_sided_flow_moves_quotes_around_the_mid_by_its_share_of_the_half_spread():
    values = PURE.with_values({"risk.flow_sensitivity": 0.5, "strategy.alpha_channel": "none"})
    ladder = quotes(context(view=flowing(0.4)), values)
    assert lean_bps(ladder) == pytest.approx(-0.5 * 0.4 * ladder.half_spread_bps)
    assert term_bps(first(ladder, 1), "flow") == pytest.approx(-0.5 * 0.4 * ladder.half_spread_bps)
    assert lean_bps(quotes(context(view=flowing(0.4)), PURE.with_values({"strategy.alpha_channel": "none"}))) == 0.0


def test_flow_is_not_counted_twice_around_the_learned_price():
    values = PURE.with_values({"risk.flow_sensitivity": 1.0})
    assert lean_bps(quotes(context(view=flowing(0.4)), values)) == 0.0
    far = flowing(0.4, fair=105_000.0)
    assert lean_bps(quotes(context(view=far), values)) < 0.0, "a learned price that is not believed is not used"


def funded(**changes):
    return estimates(funding_outlook=3.75e-5, funding_due_s=300.0, **changes)


def test_funding_moves_the_inventory_aimed_at_by_its_check_value():
    # models.md 6.15: -0.019018144 lots of 0.312627 bps.
    ladder = quotes(context(view=funded()), PURE)
    assert term_bps(first(ladder, 1), "funding target") == pytest.approx(0.019018144 * 0.3126269, rel=1e-6)
    assert lean_bps(ladder) == pytest.approx(0.019018144 * 0.3126269, rel=1e-4)


@pytest.mark.parametrize(
    "values",
    [
        PURE.with_values({"risk.funding_rate_weight": 0.0}),
        PURE.with_values({"risk.funding_window_s": 200.0}),
    ],
)
def test_funding_is_left_alone_when_it_is_switched_off_or_far_away(values):
    assert lean_bps(quotes(context(view=funded()), values)) == 0.0


def test_funding_never_asks_for_more_than_a_quarter_of_the_limit():
    extreme = estimates(funding_outlook=-0.04, funding_due_s=60.0)
    ladder = quotes(context(view=extreme), PURE)
    assert lean_bps(ladder) == pytest.approx(-1.25 * 0.3126269, rel=1e-6)


def test_the_weight_of_adverse_selection_scales_what_a_quote_charges():
    view = estimates(adverse_bid=2e-4, adverse_ask=2e-4)

    def charged(weight):
        ladder = quotes(context(view=view), PURE.with_values({"strategy.as_weight": weight}))
        return term_bps(first(ladder, 1), "adverse selection")

    assert [charged(weight) for weight in (0.0, 0.5, 1.0)] == pytest.approx([0.0, 1.0, 2.0])


def test_the_cap_of_adverse_selection_is_a_setting():
    view = estimates(adverse_bid=9e-4, adverse_ask=9e-4)
    capped = PURE.with_values({"strategy.as_cap_bps": 3.0})
    assert term_bps(first(quotes(context(view=view), capped), 1), "adverse selection") == pytest.approx(3.0)


def test_adverse_selection_on_one_side_widens_that_side():
    # models.md 2.5: with a persistence of 60 s about two thirds of the difference stays on its own side.
    both = estimates(adverse_bid=0.4e-4, adverse_ask=0.4e-4)
    one = estimates(adverse_bid=0.8e-4, adverse_ask=0.0)
    even, toxic = (quotes(context(view=view), PURE) for view in (both, one))
    assert distance_bps(toxic, 1) > distance_bps(even, 1) + 0.2
    assert distance_bps(toxic, -1) < distance_bps(even, -1) - 0.2


def test_a_cost_falls_with_depth_but_never_below_half_of_its_mean():
    cost = AdverseCost(2e-4, 4e-4, 1000.0)
    assert cost.at(0.0) == pytest.approx(4e-4)
    assert cost.at(5e-4) == pytest.approx(4e-4 * 0.60653, rel=1e-5)
    assert cost.at(50e-4) == pytest.approx(1e-4)
    assert AdverseCost(2e-4).at(5e-4) == 2e-4


def deep(**changes):
    law = {"adverse_zero_bid": 8e-4, "adverse_decay_bid": 500.0}
    return estimates(adverse_bid=3e-4, adverse_ask=3e-4, **(law | changes))


def test_levels_priced_by_inventory_are_charged_by_their_own_depth():
    values = PURE.with_values(
        {
            "strategy.ladder_config.depth_mode": "inventory",
            "trading.target_liquidity": 0.05,
            "strategy.as_cap_bps": 10.0,
        }
    )
    by_depth = BUILT_IN["ladder"]().ladder(context(view=deep()), values)
    alike = BUILT_IN["ladder"]().ladder(context(view=deep(adverse_zero_bid=0.0)), values)
    assert by_depth.bids[0].price == alike.bids[0].price
    assert by_depth.bids[-1].price > alike.bids[-1].price
    assert term_bps(by_depth.bids[-1], "adverse by depth") < 0.0
    assert [level.price for level in by_depth.asks] == [level.price for level in alike.asks]


def test_spaced_levels_keep_to_what_a_fill_costs_at_their_depth():
    # Near the fair price fills cost more than the side's mean: 8 bps at no distance, 3 on the whole.
    values = PURE.with_values({"strategy.ladder_config.max_depth_bps": 8.0, "strategy.gamma_spread_elasticity": 0.0})
    law = deep(adverse_decay_bid=100.0)
    ladder = BUILT_IN["ladder"]().ladder(context(view=law), values)
    outer = [level for level in ladder.bids if level.index > 0]
    # Fee, the charge of 7.4 bps or so at that depth, and the least edge; the first level has the side's charge.
    assert outer
    assert all(level.distance_bps > 1.5 + 7.3 + 0.2 for level in outer)
    assert any(term_bps(level, "adverse by depth") > 0.0 for level in outer)
    assert term_bps(ladder.bids[0], "adverse by depth") == 0.0


@pytest.mark.parametrize(("reading", "seconds"), [("volume_clock", 4.0), ("holding", 30.0), ("max", 120.0)])
def test_the_documents_horizon_may_be_read_in_three_ways(reading, seconds):
    values = PURE.with_values({"strategy.glft_mode": "literal", "strategy.literal_horizon": reading})
    ladder = quotes(context(position=2500, view=estimates(volume_rate=0.25, holding_s=30.0)), values)
    # (q / Qmax) gamma sigma^2 T with gamma 0.3 and sigma 1e-4.
    assert term_bps(first(ladder, 1), "inventory skew") == pytest.approx(0.5 * 0.3 * 1e-8 * seconds * 1e4, rel=1e-9)


def test_the_literal_horizon_never_exceeds_its_cap():
    values = PURE.with_values({"strategy.glft_mode": "literal", "strategy.literal_horizon": "holding"})
    for holding_s in (0.0, 500.0):
        ladder = quotes(context(position=2500, view=estimates(holding_s=holding_s)), values)
        assert term_bps(first(ladder, 1), "inventory skew") == pytest.approx(0.5 * 0.3 * 1e-8 * 120.0 * 1e4, rel=1e-9)


@given(
    inventory=st.floats(-50.0, 50.0),
    balance=st.floats(-50.0, 50.0),
    leaning=st.lists(st.floats(-50.0, 50.0), max_size=3),
    share=st.floats(0.0, 1.5),
    half=st.floats(0.1, 100.0),
    ratio=st.floats(0.0, 1.5),
    cap=st.floats(0.0, 100.0),
)
@examples(200)
def test_what_leans_on_the_centre_keeps_under_the_cap_and_leaves_the_least_skew(
    inventory, balance, leaning, share, half, ratio, cap
):
    values = settings(strategy__min_full_skew_ratio=ratio, strategy__max_skew_bps=cap)
    limits = SpreadLimits.from_settings(values)
    terms = [Term("lean", bps) for bps in leaning]
    # Inventory leans against itself, as every model's does.
    held = skew(abs(inventory), balance, share, half, limits, terms)
    flat = skew(0.0, balance, 0.0, half, limits, terms)
    assert sum(term.bps for term in held.terms) == pytest.approx(held.total_bps, abs=1e-9)
    assert abs(held.total_bps) <= max(cap, ratio * half * min(share, 1.0) + cap / 2.0) + 1e-9
    if share >= 1.0:
        assert held.total_bps - flat.total_bps >= ratio * half - 1e-9
