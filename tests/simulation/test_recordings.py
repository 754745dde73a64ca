"""The engine on recorded Hyperliquid sessions, at the speed of the machine."""

from pathlib import Path

import pytest

from mmtui.domain.commands import Verb
from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Settings, Value
from mmtui.domain.view import Mode
from mmtui.research.simulation import START_MS, SimulatedSession
from mmtui.venues.exchange.exchange import Exchange, listing_for
from mmtui.venues.exchange.listing import default_listing
from mmtui.venues.exchange.markets.recorded import RecordedMarket
from mmtui.venues.exchange.markets.recording_rows import recorded_coins
from tests.simulation.truth import assert_books_agree, resting

PART_S = 15.0 * 60.0


def recorded_session(path: Path, **settings: Value) -> SimulatedSession:
    coin, size_decimals = next(iter(recorded_coins(path).items()))
    listing = default_listing()
    if listing.instrument(coin) is None:
        listing = listing.with_instrument(coin, size_decimals=size_decimals)
    instrument = listing.instrument(coin)
    market = RecordedMarket(instrument, path)
    exchange = Exchange(listing_for(listing, [instrument]), [market], start_ms=START_MS)
    changes: dict[str, Value] = {"trading.asset": coin, "strategy.warmup_on_timeout": "quote"}
    changes.update({key.replace("__", "."): value for key, value in settings.items()})
    return SimulatedSession(exchange, coin, Settings.defaults().with_values(changes))


def play(session: SimulatedSession, seconds: float) -> set[frozenset[Side]]:
    """Plays the recording; returns the combinations of sides that rested meanwhile."""
    seen = set()
    while session.now_ms < START_MS + seconds * 1000 and session.finish is None:
        session.run(5)
        seen.add(frozenset(order.side for order in resting(session)))
    return seen


@pytest.mark.parametrize(
    ("name", "seconds", "settings"),
    [
        ("hl_ETH_20250904T1946Z", PART_S, {}),
        ("hl_WLFI_20250904T1946Z", PART_S, {}),
        ("hl_BTC_20250904T1946Z", PART_S, {"strategy__ladder_config__min_depth_bps": 1.0}),
    ],
)
def test_a_recorded_session_is_quoted_and_filled_and_its_books_are_exact(shared, name, seconds, settings) -> None:
    session = recorded_session(shared / "data" / "hyperliquid" / f"{name}.jsonl.gz", **settings)
    seen = play(session, seconds)
    assert session.finish is None, "nothing in this session is a reason to stop"
    view = session.view
    assert frozenset({Side.BUY, Side.SELL}) in seen
    assert view.counters.fills > 0
    assert view.quote_uptime > 0.7
    assert all(row.value == row.value for row in view.estimates)
    learned = {row.name for row in view.estimates if row.provenance == "learned"}
    assert {"sigma", "jump_ratio"} <= learned
    session.act(Verb.PAUSE)
    session.run(10)
    assert_books_agree(session)
    session.act(Verb.STOP)
    session.run(12)
    assert session.finish is not None
    assert not session.finish.unverified
    assert resting(session) == []


def test_a_long_outage_pulls_the_quotes_and_then_kills(shared) -> None:
    session = recorded_session(shared / "data" / "hyperliquid" / "hl_BTC_20250903T1255Z.jsonl.gz")
    play(session, 130)
    assert session.view.mode is Mode.QUOTING
    play(session, 160)
    assert session.view.mode is Mode.STALE
    assert resting(session) == []
    play(session, 260)
    assert session.latches
    assert session.latches[0].reason == "data age"
    assert session.finish is not None
    assert session.finish.is_killed
