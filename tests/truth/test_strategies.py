"""Strategies earn and bear what theory and the published tables say."""

import math

import pytest

from mmtui.research import avellaneda_stoikov, chain
from mmtui.strategies import glft
from tests.checks import preset
from tests.checks.section_12_3 import exact, figures, worth
from tests.truth.strategies import (
    DEALERS,
    PUBLISHED_HOURS,
    PUBLISHED_WEIGHTS,
    WEIGHTS,
    PublishedDealer,
    hour,
    weighted_pnl,
    weighted_policy,
)

K = 4.0
PATHS_OF_THE_PAPER = 1000
PATHS = 2000
# Published to two digits, over 40,000 paths with a standard error of at most 0.10.
PUBLISHED_ERROR = 0.10


@pytest.mark.parametrize("dealer", DEALERS, ids=[dealer.name for dealer in DEALERS])
def test_the_published_dealers_earn_what_the_article_says(dealer: PublishedDealer) -> None:
    ours = dealer.play(0, PATHS_OF_THE_PAPER)
    profit, profit_sd, position_sd = dealer.measured
    spread_of_sd = 0.11 if dealer.is_inventory else 0.13
    assert ours.profit == pytest.approx(profit, abs=K * profit_sd / math.sqrt(PATHS_OF_THE_PAPER))
    assert ours.profit_sd == pytest.approx(profit_sd, rel=spread_of_sd)
    assert ours.position_sd == pytest.approx(position_sd, rel=spread_of_sd)
    assert ours.position == pytest.approx(0.0, abs=K * position_sd / math.sqrt(PATHS_OF_THE_PAPER))
    if dealer.paper is not None:
        # Both are averages of 1000 paths. The article cuts its spreads to two digits.
        both = math.sqrt(2.0 / PATHS_OF_THE_PAPER)
        assert ours.spread == pytest.approx(dealer.paper.spread, abs=0.012)
        assert ours.profit == pytest.approx(dealer.paper.profit, abs=K * profit_sd * both)
        assert ours.profit_sd == pytest.approx(dealer.paper.profit_sd, rel=math.sqrt(2.0) * spread_of_sd)
        assert ours.position_sd == pytest.approx(dealer.paper.position_sd, rel=math.sqrt(2.0) * spread_of_sd)


@pytest.mark.parametrize("gamma", [0.01, 0.1, 1.0])
def test_many_paths_of_the_symmetric_dealer_have_its_exact_moments(gamma: float) -> None:
    paths = 20_000
    dealer = next(dealer for dealer in DEALERS if dealer.gamma == gamma and not dealer.is_inventory)
    ours, moments = dealer.play(1, paths), avellaneda_stoikov.symmetric_moments(gamma)
    assert ours.profit == pytest.approx(moments.profit, abs=K * moments.profit_sd / math.sqrt(paths))
    # With a kurtosis of up to 5.7.
    assert ours.profit_sd == pytest.approx(moments.profit_sd, rel=K * math.sqrt(4.7 / (4.0 * paths)))
    assert ours.position_sd == pytest.approx(moments.position_sd, rel=K * math.sqrt(2.0 / (4.0 * paths)))


@pytest.mark.parametrize("name", PUBLISHED_HOURS)
def test_a_simulated_hour_earns_what_was_measured_elsewhere_and_what_is_exact(name: str) -> None:
    policy, mean, sd = PUBLISHED_HOURS[name]
    quotes = policy()
    found = hour(3, quotes, PATHS)
    expected = chain.expected_pnl(quotes, preset.MARKET, fee=preset.FEE, lot_usd=preset.LOT_USD)
    assert expected == pytest.approx(mean, abs=K * sd / math.sqrt(20_000))
    assert found.mean == pytest.approx(expected, abs=K * sd / math.sqrt(PATHS))
    assert found.sd == pytest.approx(sd, rel=K / math.sqrt(2.0 * PATHS))


def test_the_simulated_position_varies_and_trades_as_the_chain_says() -> None:
    long_run, found = figures(exact(1.0)), hour(4, exact(1.0), PATHS)
    # Starting flat costs the first minutes of an hour.
    assert math.sqrt(found.squares.mean()) == pytest.approx(long_run.position_sd, rel=0.03)
    assert found.fills.mean() == pytest.approx(long_run.fills, rel=0.01)


def test_no_single_change_of_a_quote_makes_the_optimum_better() -> None:
    best = exact(preset.GAMMA, glft.RiskAttitude.PENALTY)
    value = worth(figures(best))
    for index in range(len(best.bid)):
        for by in (-1e-5, 1e-5):
            bids, asks = list(best.bid), list(best.ask)
            bids[index] += by
            asks[index] += by
            for changed in (chain.Policy(tuple(bids), best.ask), chain.Policy(best.bid, tuple(asks))):
                assert changed == best or worth(figures(changed)) < value


@pytest.mark.parametrize(("informed", "moved_by_fills"), PUBLISHED_WEIGHTS)
def test_charging_for_informed_orders_pays_as_measured_elsewhere(informed: float, moved_by_fills: bool) -> None:
    ours = [weighted_pnl(informed, weight, moved_by_fills=moved_by_fills) for weight in WEIGHTS]
    # In the world moved by fills, where sigma comes from is a matter of convention.
    band = (6.0 if moved_by_fills else K) * PUBLISHED_ERROR
    assert ours == pytest.approx(PUBLISHED_WEIGHTS[informed, moved_by_fills], abs=band)
    assert WEIGHTS[ours.index(max(ours))] == (0.5 if moved_by_fills else 1.0)


@pytest.mark.parametrize(("informed", "moved_by_fills"), PUBLISHED_WEIGHTS)
def test_simulated_hours_against_informed_orders_earn_the_exact_mean(informed: float, moved_by_fills: bool) -> None:
    quotes = weighted_policy(informed, 1.0, moved_by_fills=moved_by_fills)
    found = hour(5, quotes, PATHS, informed=informed, moved_by_fills=moved_by_fills)
    expected = weighted_pnl(informed, 1.0, moved_by_fills=moved_by_fills)
    assert found.mean == pytest.approx(expected, abs=K * found.standard_error)


def test_consistent_quotes_earn_more_with_less_risk_than_the_documents_formula() -> None:
    consistent, literal = (hour(6, PUBLISHED_HOURS[name][0](), PATHS) for name in list(PUBLISHED_HOURS)[1::2])
    assert consistent.mean > literal.mean + K * math.hypot(consistent.standard_error, literal.standard_error)
    assert consistent.sd < 0.75 * literal.sd
