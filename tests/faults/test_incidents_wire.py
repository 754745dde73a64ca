"""Incidents whose guard stands at the edge to the venue: what is asked for, and on which grid it is ordered."""

import json
import re
from pathlib import Path

import msgspec
import pytest

from mmtui.domain.book import Book
from mmtui.domain.events import AccountSnapshot, BookUpdate
from mmtui.domain.instrument import MIN_NOTIONAL_USD_MICRO, Side
from mmtui.domain.intents import QueryAccount
from mmtui.venues.hyperliquid import instruments
from mmtui.venues.hyperliquid.instruments import Dex
from tests.faults.sessions import places, quoting
from tests.venue.scripted_venue import Inbox, ScriptedVenue, client

METAS = ("meta_2023", "meta_main_2026_first6", "meta_dex_test_testnet", "meta_dex_unit_testnet")
ACCOUNT_STATE = {"clearinghouseState", "openOrders", "frontendOpenOrders"}
PRICES_USD = (0.000123456, 0.0345678, 0.98765, 7.654321, 29.985, 432.109, 4_321.098, 98_765.43)


@pytest.mark.incident("B7", "B12")
async def test_every_question_about_the_account_names_the_dex_that_is_traded(tmp_path: Path) -> None:
    async with ScriptedVenue() as venue:
        traded, inbox = client(venue, tmp_path), Inbox()
        await traded.open(inbox)
        try:
            traded.ask([QueryAccount(request_id=41, fills_since_ms=0)])
            await inbox.until(AccountSnapshot, lambda e: e.request_id == 41)
        finally:
            await traded.close()
        asked = [request for request in venue.info_requests if request["type"] in ACCOUNT_STATE]
        assert {request["type"] for request in asked} >= {"clearinghouseState"}
        assert [request for request in asked if request.get("dex") != "hyna"] == []


@pytest.mark.incident("B27")
@pytest.mark.parametrize("name", METAS)
def test_on_every_listed_asset_prices_and_sizes_are_ones_the_venue_takes(shared: Path, name: str) -> None:
    answer = json.loads((shared / "fixtures" / "hyperliquid" / "info" / f"{name}.json").read_text())["response"]
    meta = instruments.decode_meta(json.dumps(answer).encode())
    checked = 0
    for asset in meta.universe:
        if getattr(asset, "isDelisted", False) or getattr(asset, "is_delisted", False):
            continue
        coin = asset.name.rpartition(":")[2]
        dex = Dex(asset.name.partition(":")[0]) if ":" in asset.name else None
        found = instruments.find_instrument(coin, meta, dex_index=1 if dex else 0, dex=dex, tokens={0: "USDC"})
        for price_usd in PRICES_USD:
            for side in Side:
                price = found.quote_price(side, price_usd)
                if not price:
                    continue
                assert found.is_price_on_grid(price)
                text = found.wire_price(price)
                assert len(re.sub(r"^0+|\.", "", text).lstrip("0")) <= 5 or "." not in text, text
                assert side * (found.price_usd(price) - price_usd) <= 1e-9 * price_usd, "never nearer to the spread"
                size = found.min_size(price)
                assert price * size >= MIN_NOTIONAL_USD_MICRO
                assert price * (size - 1) < MIN_NOTIONAL_USD_MICRO or size == 1
                checked += 1
    assert checked > 0


def thinned(book: Book) -> Book:
    """The same touch over a book whose deeper levels hold next to nothing."""
    bids = (book.bid_sizes[0], *(size * 0.01 for size in book.bid_sizes[1:]))
    asks = (book.ask_sizes[0], *(size * 0.01 for size in book.ask_sizes[1:]))
    return msgspec.structs.replace(book, bid_sizes=bids, ask_sizes=asks)


@pytest.mark.incident("B18")
def test_how_deep_the_resting_book_is_moves_no_intensity_and_no_quote_by_much() -> None:
    deep, _ = quoting(seed=7)
    thin, faults = quoting(seed=7)
    faults.replace(BookUpdate, by=lambda event: (msgspec.structs.replace(event, book=thinned(event.book)),))
    deep.run(30)
    thin.run(30)
    assert faults.taken
    assert places(deep)
    found, other = (s.engine.state.panel.estimates(s.now_ms / 1000.0) for s in (deep, thin))
    assert other.kappa_bid.value == pytest.approx(found.kappa_bid.value, rel=0.2)
    assert other.kappa_ask.value == pytest.approx(found.kappa_ask.value, rel=0.2)
    half_spreads = [s.engine.state.quoting.ladder.half_spread_bps for s in (deep, thin)]
    assert half_spreads[1] == pytest.approx(half_spreads[0], abs=1.0)
