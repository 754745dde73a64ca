"""Fits to recordings of markets whose truth is known: estimates near it, intervals around it."""

import math
import random
from collections.abc import Iterable
from pathlib import Path

import pytest

from mmtui.domain.book import Touch, Trade
from mmtui.domain.instrument import Side
from mmtui.research.calibration.arrivals import arrivals
from mmtui.research.calibration.costs import costs
from mmtui.research.calibration.findings import Finding
from mmtui.research.calibration.flow import flow
from mmtui.research.calibration.prices import microprice
from mmtui.research.calibration.volatility import volatility
from mmtui.venues.exchange.listing import default_listing
from mmtui.venues.exchange.markets.presets import MakerFlow, PriceProcess, SyntheticParameters, TakerFlow
from mmtui.venues.exchange.markets.synthetic import SyntheticMarket
from mmtui.venues.exchange.matching import MatchingBook
from tests.calibration.writing import market, observed, recorded
from tests.truth.events import Event
from tests.truth.markets import SIGMA, diffusion, reaches, signal

SEEDS = range(8)


def named(findings: Iterable[Finding], name: str) -> Finding:
    finding = next(each for each in findings if each.name == name)
    assert finding.value is not None
    assert finding.interval is not None
    assert finding.interval.low <= finding.value <= finding.interval.high
    return finding


def holds(finding: Finding, truth: float) -> bool:
    assert finding.interval is not None
    return finding.interval.low <= truth <= finding.interval.high


def test_kappa_and_a_are_found_and_their_intervals_hold_the_truth_as_often_as_they_say(tmp_path: Path) -> None:
    held_kappa = held_level = 0
    kappas = []
    for seed in SEEDS:
        path = recorded(tmp_path / f"{seed}", reaches(seed, 200, kappa=3000.0, intensity=0.5, grid=2e-4))
        found = arrivals(*observed(path)).findings
        kappa, level = named(found, "kappa both"), named(found, "A both")
        kappas.append(kappa.value / 3000.0)
        held_kappa += holds(kappa, 3000.0)
        held_level += holds(level, 0.5)
        assert kappa.words == "exponential law holds"
        assert abs(named(found, "kappa bid").details["gumbel"] / 3000.0 - 1.0) < 4.0 / math.sqrt(200)
    assert held_kappa >= len(SEEDS) - 1
    assert held_level >= len(SEEDS) - 1
    assert abs(sum(kappas) / len(kappas) - 1.0) < 4.0 / math.sqrt(400 * len(SEEDS))


def test_sigma_is_found_and_its_interval_holds_the_truth(tmp_path: Path) -> None:
    held = 0
    for seed in SEEDS:
        found = volatility(*observed(recorded(tmp_path / f"{seed}", diffusion(seed, 3000))))
        sigma = named(found, "sigma")
        assert sigma.value == pytest.approx(SIGMA * 1e4, rel=0.3)
        held += holds(sigma, SIGMA * 1e4)
    assert held >= len(SEEDS) - 1


def test_jumps_are_told_from_a_diffusion(tmp_path: Path) -> None:
    calm = volatility(*observed(recorded(tmp_path / "calm", diffusion(5, 4000))))
    assert named(calm, "jump ratio").words == "no jumps beyond chance"
    jumpy = volatility(*observed(recorded(tmp_path / "jumps", diffusion(5, 4000, jump_every_s=20.0))))
    assert "more than a diffusion" in named(jumpy, "jump ratio").words


def test_prints_that_bounce_are_seen_by_comparison_with_the_mid(tmp_path: Path) -> None:
    events = market(1, 600.0, sigma=2e-5, kappa=1500.0, intensity=1.0)
    assert "bounce" in named(volatility(*observed(recorded(tmp_path / "a", events))), "sigma").words
    events = market(1, 600.0, sigma=4e-4, kappa=20_000.0, intensity=1.0)
    smooth = named(volatility(*observed(recorded(tmp_path / "b", events))), "sigma")
    assert "agrees" in smooth.words
    assert holds(smooth, 4.0)


def test_what_orders_cost_a_quote_is_how_far_they_push_the_mid(tmp_path: Path) -> None:
    found = costs(*observed(recorded(tmp_path / "a", market(3, 1200.0, intensity=0.2, pushed=1e-4)))).findings
    cost = named(found, "adverse 1 s")
    assert holds(cost, 1.0)
    assert not holds(cost, 0.5)
    assert cost.fit == "stand-in: tape"
    assert holds(named(found, "adverse deep 1 s"), 1.0)


def test_orders_that_push_nothing_cost_nothing(tmp_path: Path) -> None:
    held = 0
    for seed in SEEDS:
        watched, settings = observed(recorded(tmp_path / f"{seed}", market(seed, 600.0, intensity=0.2)))
        held += holds(named(costs(watched, settings).findings, "adverse 1 s"), 0.0)
    assert held >= len(SEEDS) - 2


SIGNAL = {"estimators__microprice_horizon_ms": 400.0, "estimators__flow_time_constant_s": 0.1}


def test_the_slopes_of_the_microprice_are_found(tmp_path: Path) -> None:
    found = microprice(*observed(recorded(tmp_path / "a", signal(2, 2000, slopes=(4e-5, 2e-5))), **SIGNAL))
    book = named(found.findings, "beta book")
    assert holds(book, 0.4)
    assert not holds(book, 0.0)
    assert holds(named(found.findings, "beta flow"), 0.2)
    assert found.window_s is not None


def test_noise_explains_no_next_move(tmp_path: Path) -> None:
    found = microprice(*observed(recorded(tmp_path / "a", signal(2, 1500, slopes=(0.0, 0.0))), **SIGNAL))
    assert holds(named(found.findings, "beta book"), 0.0)
    assert found.window_s is None
    assert "beyond chance" in named(found.findings, "beta book").words


def synthetic(seed: int, seconds: int, parameters: SyntheticParameters) -> list[Event]:
    """What the local exchange's synthetic market shows, in blocks of 20 ms."""
    instrument = default_listing().instrument("BTC")
    assert instrument is not None
    played = SyntheticMarket(instrument, random.Random(seed), parameters=parameters)
    book, events, shown = MatchingBook(), [], None
    price, size = float(instrument.price_scale), float(instrument.size_scale)
    played.start(0, book)
    for now_ms in range(0, seconds * 1000, 20):
        step = played.advance(now_ms, book, lambda _, size: size, lambda _: None)
        at_ms = 1_700_000_000_000 + now_ms
        for each in step.prints:
            key = each.order_key
            trade = Trade(at_ms, each.side, each.price / price, each.size / size, each.tid, key)
            events.append((at_ms / 1000.0, trade))
        bid, ask = book.best(Side.BUY), book.best(Side.SELL)
        if bid is not None and ask is not None and ((bid, ask) != shown or now_ms % 1000 == 0):
            shown = bid, ask
            events.append((at_ms / 1000.0, Touch(at_ms + 1, bid / price, 1.0, ask / price, 1.0)))
    return events


def test_the_synthetic_market_is_fitted_as_it_was_set_up(tmp_path: Path) -> None:
    year_s = 365 * 86_400
    parameters = SyntheticParameters(
        price_usd=110_000.0,
        price=PriceProcess(volatility_pct_year=60.0, volatility_spread=0.0, jumps_per_hour=0.0),
        takers=TakerFlow(
            orders_per_s=2.0, branching_ratio=0.5, excitation_half_life_s=1.0, sweep_share=0.0, informed_share=0.0,
            impact_ratio=0.0, median_usd=500.0, size_log_sigma=0.5,
        ),
        makers=MakerFlow(requotes_per_s=20.0, lag_half_life_s=0.02),
    )  # fmt: skip
    watched, settings = observed(recorded(tmp_path / "a", synthetic(4, 600, parameters)))
    assert holds(named(volatility(watched, settings), "sigma"), 0.6 / math.sqrt(year_s) * 1e4)
    found = flow(watched)
    assert holds(named(found, "Hawkes alpha"), 0.5)
    assert holds(named(found, "Hawkes decay"), math.log(2.0))
    assert holds(named(found, "Hawkes mu"), 1.0)
    assert named(found, "Hawkes decay").is_taken
