"""The pure parts of the server: canonical texts, nonces, weights, candles, texts of numbers, options."""

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.instrument import Side
from mmtui.errors import ConfigError
from mmtui.venues.exchange.gateway import rendering
from mmtui.venues.exchange.gateway.candles import INTERVALS_MS, Candles, bounds, render_candle
from mmtui.venues.exchange.gateway.ip_limits import GENEROUS, VENUE, IpAccount
from mmtui.venues.exchange.gateway.market_setup import build_exchange, build_markets
from mmtui.venues.exchange.gateway.options import ServeOptions
from mmtui.venues.exchange.gateway.translation import agent_name
from mmtui.venues.exchange.gateway.wire import canonical_decimal, decode_envelope
from mmtui.venues.exchange.listing import default_listing
from mmtui.venues.exchange.matching import BookOrder, MatchingBook
from mmtui.venues.exchange.records import PublicTrade
from mmtui.venues.exchange.rulebook.nonce_window import NONCES_KEPT, PAST_MS, NonceWindow

NOW_MS = 1_790_000_000_000
BTC = default_listing().instrument("BTC")


@given(st.decimals(0, 10**12, places=8), st.integers(0, 4), st.integers(0, 6))
def test_canonical_text_keeps_the_value_and_loses_the_padding(value: Decimal, left: int, right: int) -> None:
    plain = f"{value:.8f}"
    text = canonical_decimal("0" * left + plain + "0" * right)
    assert Decimal(text) == value
    assert text == "0" or not text.startswith("0") or text.startswith("0.")
    assert "." not in text or not text.endswith(("0", "."))
    assert canonical_decimal(text) == text


@pytest.mark.fault("F32")
@given(st.lists(st.integers(NOW_MS - 300, NOW_MS + 300), max_size=400))
def test_a_nonce_is_accepted_once_and_only_above_the_hundredth_highest(nonces: list[int]) -> None:
    window, accepted = NonceWindow(), set[int]()
    for nonce in nonces:
        highest = sorted(accepted)[-NONCES_KEPT:]
        is_fresh = nonce not in accepted and (len(highest) < NONCES_KEPT or nonce > highest[0])
        assert (window.spend(nonce, NOW_MS) is None) == is_fresh
        if is_fresh:
            accepted.add(nonce)


def test_a_nonce_lies_within_two_days_before_and_one_after_the_block() -> None:
    window = NonceWindow()
    assert window.spend(NOW_MS - PAST_MS, NOW_MS) == (
        f"Invalid nonce: nonce too low {NOW_MS - PAST_MS} < {NOW_MS - PAST_MS}"
    )
    assert window.spend(NOW_MS - PAST_MS + 1, NOW_MS) is None
    assert (window.spend(NOW_MS + 86_400_000, NOW_MS) or "").startswith("Invalid nonce: nonce too high")


def test_an_address_spends_its_weight_and_gets_it_back_after_a_minute() -> None:
    account = IpAccount(VENUE)
    assert all(account.spend(NOW_MS, 20) for _ in range(60))
    assert not account.spend(NOW_MS, 1)
    assert account.spend(NOW_MS + 61_000, 1_200)
    assert GENEROUS.weight_per_minute == 10 * VENUE.weight_per_minute


def test_a_user_counts_once_over_all_feeds() -> None:
    account = IpAccount(msgspec.structs.replace(VENUE, users=1, subscriptions=3))
    account.subscribe("0xa")
    account.subscribe("0xa")
    account.unsubscribe("0xa")
    assert account.may_track("0xa") and not account.may_track("0xb")
    account.unsubscribe("0xa")
    assert account.may_track("0xb") and account.may_subscribe()


@pytest.mark.parametrize(
    ("interval", "first", "last"),
    [
        ("1m", 1_789_999_980_000, 1_790_000_039_999),
        ("1h", 1_789_999_200_000, 1_790_002_799_999),
        ("1d", 1_789_948_800_000, 1_790_035_199_999),
        ("1w", 1_789_948_800_000, 1_790_553_599_999),
        ("1M", 1_788_220_800_000, 1_790_812_799_999),
    ],
)
def test_bars_begin_where_their_interval_does(interval: str, first: int, last: int) -> None:
    assert bounds(interval, NOW_MS) == (first, last)


@given(st.sampled_from(sorted(INTERVALS_MS)), st.integers(0, 4_000_000_000_000))
def test_bars_of_an_interval_meet_without_gap_or_overlap(interval: str, time_ms: int) -> None:
    first, last = bounds(interval, time_ms)
    assert first <= time_ms <= last
    assert bounds(interval, first) == bounds(interval, last) == (first, last)
    assert bounds(interval, last + 1)[0] == last + 1


def test_candles_hold_the_prints_of_their_time() -> None:
    candles = Candles()
    for at_ms, price in ((0, 1000), (10, 1200), (20, 900), (60_000, 1100)):
        trade = PublicTrade("BTC", Side.BUY, price, 5, NOW_MS - 20_000 + at_ms, 1, "0x0", "", "")
        candles.add("BTC", [trade])
    assert BTC is not None
    shown = [render_candle(BTC, "1m", bar) for bar in candles.bars("BTC", "1m")]
    assert [(bar["o"], bar["h"], bar["l"], bar["c"], bar["v"], bar["n"]) for bar in shown] == [
        ("100.0", "120.0", "90.0", "90.0", "0.00015", 3),
        ("110.0", "110.0", "110.0", "110.0", "0.00005", 1),
    ]
    assert len(candles.bars("BTC", "1h")) == 1


@given(st.floats(-1e12, 1e12), st.integers(1, 10))
def test_decimal_texts_are_plain_and_have_a_fraction(value: float, decimals: int) -> None:
    text = rendering.decimal_text(value, decimals)
    assert "e" not in text and "." in text and text != "-0.0"
    assert abs(Decimal(text) - Decimal(value)) <= Decimal(10) ** -decimals / 2 + Decimal("1e-15")
    with pytest.raises(ValueError, match="no decimal text"):
        rendering.decimal_text(float("nan"), decimals)


@given(
    st.lists(st.tuples(st.integers(1, 2_000_000), st.integers(1, 100)), min_size=1, max_size=30),
    st.sampled_from([(2, None), (3, None), (4, None), (5, None), (5, 2), (5, 5)]),
)
def test_a_merged_book_keeps_its_size_and_never_looks_better(
    rows: list[tuple[int, int]], form: tuple[int, int | None]
) -> None:
    assert BTC is not None
    book = MatchingBook()
    for index, (price, size) in enumerate(rows):
        book.rest(BookOrder(-index - 1, "", Side.BUY, price, size))
    merged = rendering.book(BTC, book, 0, figures=form[0], mantissa=form[1], depth=100)["levels"]
    assert isinstance(merged, list)
    total = sum(BTC.parse_size(level["sz"]) for level in merged[0])
    assert total == sum(size for _, size in rows) and sum(level["n"] for level in merged[0]) == len(rows)
    prices = [BTC.parse_price(level["px"]) for level in merged[0]]
    assert prices == sorted(set(prices), reverse=True)
    assert prices[0] <= max(price for price, _ in rows)


def test_an_agents_name_may_carry_its_expiry() -> None:
    assert agent_name("desk valid_until 1790000000000") == ("desk", 1_790_000_000_000)
    assert agent_name("desk") == ("desk", None)
    assert agent_name("") == ("", None)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_envelope_decoder(body: bytes) -> None:
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        decode_envelope(body)


def recording(path: Path, *coins: str) -> str:
    rows = [
        {
            "ts": 1_000 + index,
            "msg": {
                "channel": "bbo",
                "data": {"coin": coin, "time": 1_000, "bbo": [{"px": "1.1", "sz": "5.25"}, {"px": "1.2", "sz": "5"}]},
            },
        }
        for index, coin in enumerate(coins)
    ]
    path.write_bytes(b"\n".join(msgspec.json.encode(row) for row in rows))
    return str(path)


def test_a_recording_takes_the_place_of_its_coins_synthetic_market(tmp_path: Path) -> None:
    file = recording(tmp_path / "one.jsonl", "SOL", "NOVA")
    listing, markets = build_markets(ServeOptions(markets=("synthetic", file)))
    kinds = {market.instrument.coin: type(market).__name__ for market in markets}
    assert kinds["SOL"] == kinds["NOVA"] == "RecordedMarket" and kinds["BTC"] == "SyntheticMarket"
    nova = listing.instrument("NOVA")
    assert nova is not None and nova.size_decimals == 2 and nova.asset_id == 7
    alone = build_exchange(ServeOptions(markets=(file,)), NOW_MS)
    assert set(alone.coins) == {"SOL", "NOVA"}


def test_two_recordings_of_one_coin_are_refused(tmp_path: Path) -> None:
    files = (recording(tmp_path / "a.jsonl", "SOL"), recording(tmp_path / "b.jsonl", "SOL"))
    with pytest.raises(ConfigError, match=r"SOL is in a\.jsonl and in b\.jsonl"):
        build_markets(ServeOptions(markets=files))


def test_the_same_seed_gives_the_same_exchange() -> None:
    def touches(seed: int) -> list[object]:
        exchange = build_exchange(ServeOptions(seed=seed, speed=50.0), NOW_MS)
        exchange.advance(NOW_MS + 2_000)
        return [exchange.book(coin).levels(Side.BUY, 3) for coin in ("BTC", "hyna:ETH")]

    assert touches(7) == touches(7)
    assert touches(7) != touches(8)
