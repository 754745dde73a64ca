"""What estimators learned survives a restart, and nothing that could not have been learned does."""

import functools
import math
import random
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.book import Book, Trade
from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Settings
from mmtui.estimators.adverse.own_fills import OwnFill
from mmtui.estimators.memory import PanelMemory, is_sound
from mmtui.estimators.panel import EstimatorPanel
from mmtui.venues.exchange.listing import default_listing

INSTRUMENT = default_listing().instrument("BTC")
assert INSTRUMENT is not None
SETTINGS = Settings.defaults()
START = 1_760_000_000.0


def a_book(mid: float, at: float) -> Book:
    return Book(
        venue_time_ms=int(at * 1000),
        bid_prices=(mid - 1.0, mid - 2.0),
        bid_sizes=(1.0, 2.0),
        ask_prices=(mid + 1.0, mid + 2.0),
        ask_sizes=(1.5, 1.0),
    )


def fed(panel: EstimatorPanel, start: float, seconds: int, seed: int = 1) -> None:
    random_source = random.Random(seed)
    mid = 100_000.0
    for step in range(seconds * 10):
        at = start + step / 10.0
        mid *= math.exp(random_source.gauss(0.0, 2e-5))
        panel.on_book(at, a_book(mid, at))
        side = random_source.choice((Side.BUY, Side.SELL))
        price = mid + side * random_source.expovariate(0.05)
        size = random_source.expovariate(5.0) + 0.001
        tid, key, venue_time_ms = seed * 10**6 + step, str(step), int(at * 1000)
        panel.on_trade(
            at, Trade(venue_time_ms=venue_time_ms, side=side, price=price, size=size, tid=tid, order_key=key)
        )
        if step % 37 == 0:
            panel.on_fill(at, OwnFill(side=side, size=0.01, price=mid - side * 2.0, level=step % 3))


def learned(seconds: int = 120) -> EstimatorPanel:
    panel = EstimatorPanel(SETTINGS, INSTRUMENT)
    fed(panel, START, seconds)
    return panel


def recalled(panel: EstimatorPanel) -> EstimatorPanel:
    memory = panel.memory()
    assert memory is not None
    after = EstimatorPanel(SETTINGS, INSTRUMENT)
    assert after.recall(msgspec.json.decode(msgspec.json.encode(memory), type=PanelMemory))
    return after


def test_volatility_arrivals_and_costs_go_on_where_they_were() -> None:
    before = learned()
    after = recalled(before)
    for panel in (before, after):
        panel.on_book(START + 180.0, a_book(100_000.0, START + 180.0))
    was, now = before.estimates(START + 180.0), after.estimates(START + 180.0)
    assert was is not None
    assert now is not None
    for name in ("sigma", "sigma_effective", "kappa_bid", "kappa_ask", "intensity_bid", "intensity_ask", "jump_ratio"):
        assert getattr(now, name) == getattr(was, name), name
    assert after.adverse_selection(Side.BUY) == before.adverse_selection(Side.BUY)
    assert now.sigma.value != EstimatorPanel(SETTINGS, INSTRUMENT)._volatility.reading.sigma
    assert now.signals.volume_rate == pytest.approx(was.signals.volume_rate)


def test_a_restart_need_not_warm_up_but_must_see_books_of_its_own() -> None:
    after = recalled(learned())
    assert not after.warmup(START + 130.0).is_complete
    assert after.warmup(START + 130.0).seen.books == 0
    for step in range(SETTINGS.count("strategy.warmup_books")):
        at = START + 130.0 + step / 2.0
        after.on_book(at, a_book(100_000.0, at))
    assert after.warmup(START + 140.0).is_complete


def test_the_time_without_a_process_is_no_evidence_that_nobody_traded() -> None:
    before = learned()
    after = recalled(before)
    for panel in (before, after):
        panel.on_book(START + 700.0, a_book(100_000.0, START + 700.0))
    silent, back = before.estimates(START + 700.0), after.estimates(START + 700.0)
    assert silent is not None
    assert back is not None
    assert back.intensity_bid == silent.intensity_bid
    watching = learned()
    for second in range(121, 701):
        watching.on_book(START + second, a_book(100_000.0, START + second))
    watched = watching.estimates(START + 700.0)
    assert watched is not None
    assert back.intensity_bid.value > 3.0 * watched.intensity_bid.value


def test_the_return_across_the_gap_is_not_counted() -> None:
    after = recalled(learned())
    sigma = after._volatility.reading.sigma
    fed(after, START + 200.0, 2, seed=2)
    assert after._volatility.reading.sigma < 3.0 * sigma


@pytest.mark.parametrize(
    "change",
    [
        {"coin": "ETH"},
        {"version": 2},
        {"ticks": -1},
        {"at": math.nan},
        {"reach_floor": math.inf},
        {"horizon_s": -1.0},
    ],
)
def test_a_memory_that_cannot_be_is_refused_whole(change: dict[str, object]) -> None:
    memory = learned(20).memory()
    assert memory is not None
    assert is_sound(memory, "BTC")
    panel = EstimatorPanel(SETTINGS, INSTRUMENT)
    assert not panel.recall(msgspec.structs.replace(memory, **change))
    assert panel.memory() is None


@given(st.sampled_from(["realised", "bipower", "duration", "trades"]), st.sampled_from([math.nan, math.inf, -1.0]))
def test_no_average_takes_a_number_that_cannot_be(field: str, value: float) -> None:
    memory = learned(3).memory()
    assert memory is not None
    volatility = msgspec.structs.replace(memory.volatility, **{field: (value, 1.0, 1.0)})
    assert not is_sound(msgspec.structs.replace(memory, volatility=volatility), "BTC")


def test_what_is_kept_is_small() -> None:
    memory = learned(600).memory()
    assert memory is not None
    assert len(msgspec.json.encode(memory)) < 64_000


def test_what_fills_taught_goes_on_where_it_was() -> None:
    before = learned(240)
    after = recalled(before)
    assert [record for record in after.markouts() if record.count] == [r for r in before.markouts() if r.count]
    assert {record.level for record in after.markouts()} == {None, 0, 1, 2}
    was, now = before.memory(), after.memory()
    assert was is not None
    assert now is not None
    assert was.adverse == now.adverse
    assert was.adverse is not None
    assert was.adverse.informed_bid[1] > 5.0
    assert was.adverse.depth_bid.bins


def test_a_memory_from_before_markouts_were_kept_still_loads() -> None:
    memory = learned(30).memory()
    assert memory is not None
    old = {key: value for key, value in msgspec.to_builtins(memory).items() if key != "adverse"}
    after = EstimatorPanel(SETTINGS, INSTRUMENT)
    assert after.recall(msgspec.json.decode(msgspec.json.encode(old), type=PanelMemory))
    assert after.markouts() == ()
    assert after.adverse_selection(Side.BUY).n_eff > 0.0


@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0])
def test_no_record_of_fills_takes_a_number_that_cannot_be(value: float) -> None:
    memory = learned(30).memory()
    assert memory is not None
    assert memory.adverse is not None
    first = memory.adverse.markouts[0]
    for change in ({"weight": value}, {"squares": (value, 0.0)}, {"costs": (value, math.nan)}):
        bad = msgspec.structs.replace(memory.adverse, markouts=(msgspec.structs.replace(first, **change),))
        assert not is_sound(msgspec.structs.replace(memory, adverse=bad), "BTC")


def leaves(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], float]]:
    """Every number in it with the way there; of a list the first two."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value[:2]):
            yield from leaves(inner, (*path, place))
    elif isinstance(value, float):
        yield path, value


def with_leaf(kept: bytes, path: tuple[str | int, ...], value: float) -> PanelMemory:
    whole = msgspec.json.decode(kept)
    holder = whole
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return msgspec.convert(whole, PanelMemory)


def are_finite(value: object) -> bool:
    if isinstance(value, dict):
        return all(are_finite(inner) for inner in value.values())
    if isinstance(value, list | tuple):
        return all(are_finite(inner) for inner in value)
    return not isinstance(value, float) or math.isfinite(value)


@functools.cache
def learned_long() -> bytes:
    memory = learned(330).memory()
    assert memory is not None
    assert memory.variance is not None
    assert memory.variance.pairs >= 30
    return msgspec.json.encode(memory)


@pytest.mark.parametrize("value", [0.0, 1e-300, 1e17, 1e300])
def test_whatever_number_a_memory_holds_every_estimate_after_it_is_finite(value: float) -> None:
    kept = learned_long()
    paths = [path for path, _ in leaves(msgspec.json.decode(kept))]
    assert len(paths) > 40
    for path in paths:
        panel = EstimatorPanel(SETTINGS, INSTRUMENT)
        panel.recall(with_leaf(kept, path, value))
        fed(panel, START + 331.0, 1, seed=7)
        shown = (panel.estimates(START + 333.0), panel.published(START + 333.0), panel.markouts())
        assert are_finite(msgspec.to_builtins(shown)), path
