import gzip
import json
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from mmtui.domain.instrument import Instrument, Side
from mmtui.errors import ConfigError
from mmtui.venues.exchange.executions import BookOrder, Execution, allow_all, settle_nothing
from mmtui.venues.exchange.listing import default_listing
from mmtui.venues.exchange.markets.displayed import DecreaseRule, DisplayedBook
from mmtui.venues.exchange.markets.flow import MarketStep
from mmtui.venues.exchange.markets.makers import OidSource
from mmtui.venues.exchange.markets.playback import AtEnd
from mmtui.venues.exchange.markets.recorded import RecordedMarket
from mmtui.venues.exchange.markets.recording_rows import QuoteRow, recorded_coins
from mmtui.venues.exchange.markets.statistics import MarketStatistics, StatisticsMeter
from mmtui.venues.exchange.matching import MatchingBook

TS = 1_757_000_000_000
LAG_MS = 300
START_MS = 1_800_000_000_000
ETH = default_listing().instrument("ETH")


def level(price: float, size: float) -> dict:
    return {"px": str(price), "sz": str(size), "n": 0}


def bbo(at_ms: int, bid: tuple, ask: tuple, coin: str = "ETH") -> dict:
    levels = [level(*row) if row else None for row in (bid, ask)]
    data = {"coin": coin, "time": TS + at_ms - LAG_MS, "bbo": levels}
    return {"ts": TS + at_ms, "msg": {"channel": "bbo", "data": data}}


def book_row(at_ms: int, bids: list[tuple], asks: list[tuple], *, lag_ms: int = LAG_MS) -> dict:
    levels = [[level(*row) for row in side] for side in (bids, asks)]
    data = {"coin": "ETH", "time": TS + at_ms - lag_ms, "levels": levels}
    return {"ts": TS + at_ms, "msg": {"channel": "l2Book", "data": data}}


def trades(at_ms: int, *prints: tuple, lag_ms: int = LAG_MS, tid: int = 0) -> dict:
    rows = [
        {
            "coin": "ETH",
            "side": side,
            "px": str(price),
            "sz": str(size),
            "time": TS + at_ms - lag_ms,
            "hash": "",
            "tid": (tid or at_ms * 10) + place,
            "users": ["", ""],
        }
        for place, (side, price, size) in enumerate(prints)
    ]
    return {"ts": TS + at_ms, "msg": {"channel": "trades", "data": rows}}


def write(path: Path, rows: list[dict]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


class Play:
    """A recording played into a book that also holds the orders of one account."""

    def __init__(self, path: Path, instrument: Instrument = ETH, **options: object) -> None:
        self.market = RecordedMarket(instrument, path, **options)
        self.book = MatchingBook()
        self.fills: list[Execution] = []
        self.steps: list[MarketStep] = []
        self.market.start(START_MS, self.book)

    def quote(self, oid: int, side: Side, price: float, size: float) -> None:
        self.book.rest(BookOrder(oid, "0xa", side, ETH.price_units(price), ETH.size_units(size)))

    def until(self, at_ms: int) -> MarketStep:
        step = self.market.advance(START_MS + at_ms, self.book, allow_all, self.fills.append)
        self.steps.append(step)
        return step

    def sizes(self, side: Side) -> list[tuple[float, float]]:
        levels = self.book.levels(side, 50)
        return [(ETH.price_usd(price), ETH.size_base(size)) for price, size, _ in levels]

    def filled(self) -> list[tuple[int, float, float]]:
        return [(e.maker_oid, ETH.price_usd(e.price), ETH.size_base(e.size)) for e in self.fills]


def test_the_book_is_what_the_recording_displays(tmp_path):
    play = Play(
        write(
            tmp_path / "r.jsonl",
            [
                book_row(0, [(4000.0, 2), (3999.5, 3)], [(4000.1, 1), (4000.4, 5)]),
                bbo(200, (4000.0, 4), (4000.1, 1)),
                book_row(500, [(4000.0, 4), (3999.7, 1)], [(4000.2, 7)]),
            ],
        )
    )
    assert play.sizes(Side.BUY) == [(4000.0, 2.0), (3999.5, 3.0)]
    assert play.sizes(Side.SELL) == [(4000.1, 1.0), (4000.4, 5.0)]
    assert play.until(199).is_book_changed is False
    assert play.until(200).is_book_changed is True
    assert play.sizes(Side.BUY)[0] == (4000.0, 4.0)
    play.until(500)
    assert play.sizes(Side.BUY)[:2] == [(4000.0, 4.0), (3999.7, 1.0)]
    assert play.sizes(Side.SELL)[0] == (4000.2, 7.0)


def test_frames_are_restamped_and_keep_the_recorded_lag(tmp_path):
    rows = [
        bbo(0, (4000.0, 2), (4000.1, 1)),
        bbo(1000, (4000.0, 3), (4000.1, 1)),
        trades(2000, ("B", 4000.1, 0.5), lag_ms=450),
    ]
    play = Play(write(tmp_path / "r.jsonl", rows))
    assert play.until(1000).book_time_ms == START_MS + 1000 - LAG_MS
    assert play.until(2000).prints[0].time_ms == START_MS + 2000 - 450
    fast = Play(write(tmp_path / "r.jsonl", rows), speed=10.0)
    assert fast.market.next_event_ms() == START_MS + 100
    assert fast.until(100).book_time_ms == START_MS + 100 - LAG_MS


@pytest.mark.incident("B35")
def test_an_order_behind_the_display_fills_only_when_prints_have_eaten_the_queue(tmp_path):
    play = Play(
        write(
            tmp_path / "r.jsonl",
            [
                bbo(0, (4000.0, 2), (4000.1, 1)),
                trades(1000, ("A", 4000.0, 1.5)),
                bbo(1100, (4000.0, 0.5), (4000.1, 1)),
                trades(2000, ("A", 4000.0, 0.75)),
                trades(3000, ("A", 4000.0, 5)),
            ],
        )
    )
    play.quote(1, Side.BUY, 4000.0, 1.0)
    play.until(1500)
    assert play.fills == []
    assert ETH.size_base(play.book.queue_ahead(1)) == 0.5
    play.until(2500)
    assert play.filled() == [(1, 4000.0, 0.25)]
    step = play.until(3500)
    assert play.filled() == [(1, 4000.0, 0.25), (1, 4000.0, 0.75)]
    # The tape shows the recorded size once: our part, then the remainder under the recorded trade id.
    assert [(ETH.size_base(p.size), p.seller, p.buyer) for p in step.prints] == [(0.75, "", "0xa"), (4.25, "", "")]
    assert step.prints[1].tid == 30_000
    assert step.prints[0].order_key == step.prints[1].order_key


def test_a_print_received_after_the_quote_that_shows_it_is_a_trade_and_not_a_cancellation(tmp_path):
    rows = [bbo(0, (4000.0, 2), (4000.1, 1)), bbo(1000, (4000.0, 1), (4000.1, 1))]
    late = trades(1020, ("A", 4000.0, 1), lag_ms=LAG_MS + 20)
    for options in ({}, {"decrease_rule": DecreaseRule.FROM_BEHIND}):
        play = Play(write(tmp_path / "r.jsonl", [*rows, late, bbo(5000, (4000.0, 1), (4000.1, 1))]), **options)
        play.quote(1, Side.BUY, 4000.0, 1.0)
        step = play.until(1000)
        assert ETH.size_base(play.book.queue_ahead(1)) == 1.0
        assert [p.time_ms for p in step.prints] == [START_MS + 1000 - LAG_MS]


@pytest.mark.parametrize(("rule", "ahead"), [(DecreaseRule.PROPORTIONAL, 1.5), (DecreaseRule.FROM_BEHIND, 3.0)])
def test_an_unexplained_decrease_leaves_by_the_stated_rule(tmp_path, rule, ahead):
    rows = [
        bbo(0, (4000.0, 3), (4000.1, 1)),
        bbo(1000, (4000.0, 6), (4000.1, 1)),
        bbo(2000, (4000.0, 3), (4000.1, 1)),
    ]
    play = Play(write(tmp_path / "r.jsonl", rows), decrease_rule=rule)
    play.quote(1, Side.BUY, 4000.0, 1.0)
    play.until(1000)
    assert ETH.size_base(play.book.queue_ahead(1)) == 3.0
    play.until(2000)
    assert ETH.size_base(play.book.queue_ahead(1)) == ahead
    assert play.sizes(Side.BUY) == [(4000.0, 4.0)]


def test_a_print_through_our_price_fills_us_first_at_our_price(tmp_path):
    rows = [
        book_row(0, [(4000.0, 2), (3999.0, 2)], [(4000.1, 1)]),
        trades(1000, ("A", 3999.0, 0.7)),
        bbo(9000, (3999.0, 2), (4000.1, 1)),
    ]
    play = Play(write(tmp_path / "r.jsonl", rows))
    play.quote(1, Side.BUY, 3999.5, 1.0)
    play.until(1000)
    assert play.filled() == [(1, 3999.5, 0.7)]


def test_a_displayed_opposite_touch_at_or_through_our_price_fills_us_up_to_its_size(tmp_path):
    rows = [bbo(0, (4000.0, 2), (4000.5, 1)), bbo(1000, (3998.0, 2), (3999.0, 0.4))]
    play = Play(write(tmp_path / "r.jsonl", rows))
    play.quote(1, Side.BUY, 4000.0, 1.0)
    step = play.until(1000)
    assert play.filled() == [(1, 4000.0, 0.4)]
    assert [(p.side, p.buyer) for p in step.prints] == [(Side.SELL, "0xa")]
    assert play.sizes(Side.BUY) == [(4000.0, 0.6), (3998.0, 2.0)]
    assert play.sizes(Side.SELL) == []


def test_backlog_and_repeated_prints_neither_fill_nor_show(tmp_path):
    rows = [
        bbo(0, (4000.0, 2), (4000.1, 1)),
        trades(1000, ("A", 4000.0, 9), lag_ms=5001),
        trades(2000, ("A", 4000.0, 1), tid=77),
        trades(3000, ("A", 4000.0, 1), tid=77),
        bbo(9000, (4000.0, 1), (4000.1, 1)),
    ]
    play = Play(write(tmp_path / "r.jsonl", rows))
    play.quote(1, Side.BUY, 4000.0, 1.0)
    assert play.until(1999).prints == []
    assert ETH.size_base(play.book.queue_ahead(1)) == 2.0
    assert [p.tid for p in play.until(4000).prints] == [77]
    assert play.fills == []
    assert ETH.size_base(play.book.queue_ahead(1)) == 1.0


def test_a_level_first_displayed_where_we_wait_beyond_the_window_stands_ahead_of_us(tmp_path):
    rows = [
        book_row(0, [(4000.0, 2), (3999.0, 2)], [(4000.1, 1)]),
        book_row(1000, [(3999.0, 2), (3998.5, 1), (3998.0, 3)], [(4000.1, 1)]),
    ]
    play = Play(write(tmp_path / "r.jsonl", rows))
    play.quote(1, Side.BUY, 3998.0, 1.0)
    play.quote(2, Side.BUY, 3999.5, 1.0)
    play.until(1000)
    assert ETH.size_base(play.book.queue_ahead(1)) == 3.0
    assert play.book.queue_ahead(2) == 0


def test_a_taker_consumes_the_display_until_the_next_snapshot(tmp_path):
    rows = [bbo(0, (4000.0, 2), (4000.1, 1)), bbo(1000, (4000.0, 2), (4000.1, 1))]
    play = Play(write(tmp_path / "r.jsonl", rows))
    taker = BookOrder(1, "0xa", Side.BUY, ETH.price_units(4000.1), ETH.size_units(0.6))
    assert play.book.match(taker, taker.price).filled == ETH.size_units(0.6)
    assert play.sizes(Side.SELL) == [(4000.1, 0.4)]
    play.until(1000)
    assert play.sizes(Side.SELL) == [(4000.1, 1.0)]


def test_an_outage_is_silence_until_the_next_quote(tmp_path):
    rows = [
        bbo(0, (4000.0, 2), (4000.1, 1)),
        bbo(500, (4000.0, 3), (4000.1, 1)),
        trades(18_000, ("B", 4000.1, 1), lag_ms=9_000),
        bbo(18_200, (4001.0, 2), (4001.1, 1)),
    ]
    play = Play(write(tmp_path / "r.jsonl", rows))
    silent = {}
    for at_ms in (0, 499, 500, 17_999, 18_000, 18_200):
        play.until(at_ms)
        silent[at_ms] = play.market.is_silent(START_MS + at_ms)
    ended = Play(tmp_path / "r.jsonl")
    ended.until(18_000)
    assert ended.market.is_silent(START_MS + 18_199)
    assert not ended.market.is_silent(START_MS + 18_200)
    # The book that stood before the outage is not published again when the feed returns.
    assert silent == {0: False, 499: False, 500: True, 17_999: True, 18_000: True, 18_200: False}


def test_at_its_end_a_recording_holds_loops_or_exits(tmp_path):
    rows = [bbo(0, (4000.0, 2), (4000.1, 1)), trades(600, ("B", 4000.1, 1)), bbo(1000, (4001.0, 2), (4001.1, 1))]
    path = write(tmp_path / "r.jsonl", rows)
    hold, leave, loop = (Play(path, at_end=at_end) for at_end in (AtEnd.HOLD, AtEnd.EXIT, AtEnd.LOOP))
    for play in (hold, leave):
        play.until(60_000)
        assert play.market.next_event_ms() is None
        assert play.sizes(Side.BUY)[0] == (4001.0, 2.0)
        assert not play.market.is_silent(START_MS + 60_000)
    assert not hold.market.is_finished(START_MS + 60_000)
    assert leave.market.is_finished(START_MS + 60_000)
    tids = [p.tid for p in loop.until(1999).prints]
    assert loop.sizes(Side.BUY)[0] == (4001.0, 2.0)
    loop.until(2000)
    assert loop.sizes(Side.BUY)[0] == (4000.0, 2.0)
    tids += [p.tid for p in loop.until(2600).prints]
    assert len(tids) == 2
    assert tids[0] != tids[1]


def test_mark_and_oracle_are_the_median_mid_of_five_seconds_unless_recorded(tmp_path):
    rows = [
        bbo(0, (4000.0, 2), (4000.2, 1)),
        bbo(1000, (4001.0, 2), (4001.2, 1)),
        bbo(2000, (4009.0, 2), (4009.2, 1)),
        {
            "ts": TS + 30_000,
            "msg": {
                "channel": "activeAssetCtx",
                "data": {
                    "coin": "ETH",
                    "ctx": {"markPx": "4005.5", "oraclePx": "4004.0", "funding": "0.00002", "openInterest": "12.5"},
                },
            },
        },
    ]
    play = Play(write(tmp_path / "r.jsonl", rows))
    play.until(2000)
    context = play.market.context(START_MS + 2000)
    assert context.oracle == context.mark == pytest.approx(4001.1)
    assert context.funding_rate == 0.0
    assert play.market.oracle(START_MS + 20_000) == pytest.approx(4009.1)
    play.until(30_000)
    recorded = play.market.context(START_MS + 30_000)
    assert (recorded.mark, recorded.oracle, recorded.funding_rate, recorded.open_interest) == (
        4005.5,
        4004.0,
        0.00002,
        12.5,
    )


def test_plain_gzip_and_zstandard_files_read_the_same(tmp_path):
    rows = [bbo(0, (4000.0, 2), (4000.1, 1)), bbo(1000, (4000.0, 3), (4000.1, 1))]
    plain = write(tmp_path / "r.jsonl", rows)
    packed = tmp_path / "r.jsonl.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    standard = tmp_path / "r.jsonl.zst"
    half = plain.read_bytes().splitlines(keepends=True)
    # A recorder that is restarted appends a second frame.
    standard.write_bytes(b"".join(zstandard.ZstdCompressor().compress(line) for line in half))
    books = []
    for path in (plain, packed, standard):
        play = Play(path)
        play.until(2000)
        books.append(play.sizes(Side.BUY))
    assert books == [[(4000.0, 3.0)]] * 3


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"ts":1,"msg":{"channel":"bbo","data":{"coin":"ETH","time":1,"bbo":[{"px":"NaN","sz":"1"},null]}}}', "NaN"),
        ('{"ts":1,"msg":{"channel":"bbo","data":{"coin":"ETH","time":1}}}', "bbo"),
        ('{"ts":1,"msg"', "truncated"),
        ('{"ts":1,"msg":{"channel":"bbo","data":{"coin":"ETH","time":1,"bbo":[{"px":"1","sz":"-2"},null]}}}', "-2"),
        ('{"ts":1,"msg":{"channel":"bbo","data":{"coin":"ETH","time":1,"bbo":[{"px":"1","sz":"0"},null]}}}', "size"),
        (
            '{"ts":1,"msg":{"channel":"trades","data":[{"coin":"ETH","side":"X","px":"1","sz":"1","time":1,"tid":1}]}}',
            "side",
        ),
    ],
)
def test_a_malformed_row_is_refused_with_its_line_number(tmp_path, line, why):
    path = write(tmp_path / "r.jsonl", [bbo(0, (4000.0, 2), (4000.1, 1))])
    path.write_text(path.read_text() + "\n" + line + "\n")
    with pytest.raises(ConfigError, match=rf"r\.jsonl line 3 .*{why}"):
        Play(path).until(10)


def test_a_file_without_quotes_of_the_coin_or_without_data_is_refused_in_words(tmp_path):
    path = write(tmp_path / "r.jsonl", [bbo(0, (4000.0, 2), (4000.1, 1), coin="BTC")])
    with pytest.raises(ConfigError, match="no book or bbo of ETH"):
        Play(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        Play(tmp_path / "absent.jsonl")
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(gzip.compress(path.read_bytes())[:-12])
    with pytest.raises(ConfigError, match="cannot be read"):
        Play(cut)


def test_size_decimals_are_tabled_for_known_coins_and_the_finest_seen_for_others(tmp_path):
    rows = [
        bbo(0, (4000.0, 2), (4000.1, 1)),
        bbo(1, (7.5, 10.25), (7.6, 3), coin="NEW"),
        bbo(2, (7.5, 10.125), (7.6, 3.5000), coin="NEW"),
    ]
    assert recorded_coins(write(tmp_path / "r.jsonl", rows)) == {"ETH": 4, "NEW": 3}


SNAPSHOTS = st.lists(
    st.tuples(
        st.integers(50, 60),
        st.integers(1, 3),
        st.dictionaries(st.integers(0, 6), st.integers(1, 9), min_size=1, max_size=4),
        st.dictionaries(st.integers(0, 6), st.integers(1, 9), min_size=1, max_size=4),
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
)
QUOTES = st.lists(st.tuples(st.sampled_from(list(Side)), st.integers(46, 66), st.integers(1, 20)), max_size=6)


@settings(max_examples=60, deadline=None)
@given(SNAPSHOTS, QUOTES, st.sampled_from(list(DecreaseRule)))
def test_after_any_snapshot_the_display_stands_except_what_our_orders_took(snapshots, quotes, rule):
    book = MatchingBook()
    display = DisplayedBook(book, OidSource(), rule)
    for time_ms, (bid, spread, bids, asks, is_touch) in enumerate(snapshots):
        rows = QuoteRow(
            time_ms,
            time_ms,
            [(bid - away, size) for away, size in sorted({**bids, 0: 5}.items())],
            [(bid + spread + away, size) for away, size in sorted({**asks, 0: 5}.items())],
            False,
        )
        if is_touch:
            rows = QuoteRow(time_ms, time_ms, rows.bids[:1], rows.asks[:1], True)
        traded = display.show(rows, allow_all, settle_nothing)
        taken: dict[int, int] = {}
        for execution in (execution for result in traded for execution in result.executions):
            assert execution.maker_account == "0xa"
            taken[execution.taker_oid] = taken.get(execution.taker_oid, 0) + execution.size
        shown = {Side.BUY: rows.bids, Side.SELL: rows.asks}
        displayed = sum(size for levels in shown.values() for _, size in levels)
        standing = 0
        for side, levels in shown.items():
            for price, size in levels:
                background = sum(order.size for order in book.orders_at(side, price) if not order.account)
                assert background <= size
                standing += background
        assert standing + sum(taken.values()) == displayed
        best = book.best(Side.BUY), book.best(Side.SELL)
        assert None in best or best[0] < best[1]
        for place, (side, price, size) in enumerate(quotes):
            oid = 100 * time_ms + place + 1
            if not book.crosses(side, price):
                book.rest(BookOrder(oid, "0xa", side, price, size))


def measured(path: Path, *, quote_bps: float | None = None) -> tuple[MarketStatistics, Play]:
    coin, decimals = next(iter(recorded_coins(path).items()))
    instrument = default_listing().instrument(coin)
    assert instrument.size_decimals == decimals
    play = Play(path, instrument)
    meter, now_ms, oid = StatisticsMeter(), START_MS, 0
    while play.market.next_event_ms() is not None:
        now_ms += 70
        for row in play.until(now_ms - START_MS).prints:
            meter.on_print(now_ms, instrument.price_usd(row.price), instrument.size_base(row.size), row.order_key)
        bid, ask = play.book.best(Side.BUY), play.book.best(Side.SELL)
        if play.market.is_silent(now_ms):
            continue
        assert bid < ask
        meter.on_touch(now_ms, instrument.price_usd(bid), instrument.price_usd(ask))
        if quote_bps is not None:
            oid = requote(play.book, instrument, (bid + ask) / 2, quote_bps, oid)
    return meter.result(), play


def requote(book: MatchingBook, instrument: Instrument, mid: float, quote_bps: float, oid: int) -> int:
    for side in Side:
        price = instrument.floor_price(round(mid * (1 - side * quote_bps / 1e4)))
        own = [order for order in book.account_orders("0xa") if order.side is side]
        if own and abs(own[0].price - price) * 1e4 > mid:
            book.cancel(own.pop().oid)
        if not own and not book.crosses(side, price):
            oid += 1
            book.rest(BookOrder(oid, "0xa", side, price, 100))
    return oid


def test_a_replayed_session_has_the_figures_of_the_session(shared):
    found, play = measured(shared / "data/hyperliquid/hl_BTC_20250903T1255Z.jsonl.gz")
    assert found.prints_per_s == pytest.approx(2.71, rel=0.03)
    assert found.traded_usd_per_min == pytest.approx(31.0e6 / 9.04, rel=0.03)
    assert found.spread_median_bps == pytest.approx(0.09, abs=0.005)
    assert found.spread_p95_bps == pytest.approx(0.18, abs=0.02)
    assert found.volatility_pct_year == pytest.approx(33.0, rel=0.1)
    assert found.range_bps == pytest.approx(22.0, rel=0.02)
    times = [row.time_ms for step in play.steps for row in step.prints]
    assert times == sorted(times)


def test_a_book_with_only_the_touch_recorded_has_one_level_a_side(shared):
    found, play = measured(shared / "data/hyperliquid/hl_BTC-bbo_20250903T0000Z.jsonl.gz")
    assert [len(play.book.levels(side, 9)) for side in Side] == [1, 1]
    assert found.spread_median_bps == pytest.approx(0.09, abs=0.005)


def test_quotes_in_a_fast_recorded_market_are_filled_and_lose_to_the_move(shared):
    _, play = measured(shared / "data/hyperliquid/hl_WLFI_20250903T1255Z.jsonl.gz", quote_bps=2.0)
    assert len(play.fills) >= 20
    assert {execution.taker_side for execution in play.fills} == set(Side)
