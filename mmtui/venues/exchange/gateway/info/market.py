"""Answers about the market: books, trades, candles, funding. Source: hyperliquid-protocol.md 10.2."""

from mmtui.domain.instrument import Instrument
from mmtui.venues.exchange.exchange import Exchange
from mmtui.venues.exchange.gateway import rendering
from mmtui.venues.exchange.gateway.candles import INTERVALS_MS, Candles, render_candle
from mmtui.venues.exchange.gateway.info.reference import UnknownNameError
from mmtui.venues.exchange.gateway.info.requests import OfBook, OfCandles, OfCoin, OfCoinTimes
from mmtui.venues.exchange.gateway.rendering import RATE_DECIMALS, decimal_text

FIGURES = (None, 2, 3, 4, 5)
MANTISSAS = (None, 2, 5)
HISTORY_ROWS = 500


def instrument_named(exchange: Exchange, coin: str) -> Instrument:
    """The instrument of a coin that trades here. Raises UnknownNameError."""
    instrument = exchange.listing.instrument(coin)
    if instrument is None or coin not in exchange.coins:
        raise UnknownNameError(coin)
    return instrument


def is_book_form(figures: int | None, mantissa: int | None) -> bool:
    """Whether a book may be merged this way."""
    return figures in FIGURES and mantissa in MANTISSAS and (mantissa is None or figures == 5)


def l2_book(exchange: Exchange, request: OfBook) -> object:
    """A book snapshot; null for an unknown coin."""
    if not is_book_form(request.nSigFigs, request.mantissa):
        raise UnknownNameError("nSigFigs or mantissa")
    if request.coin not in exchange.coins:
        return None
    instrument = instrument_named(exchange, request.coin)
    return rendering.book(
        instrument,
        exchange.book(request.coin),
        exchange.book_time_ms(request.coin),
        figures=request.nSigFigs,
        mantissa=request.mantissa,
    )


def recent_trades(exchange: Exchange, request: OfCoin) -> object:
    """The latest prints, newest first."""
    instrument = instrument_named(exchange, request.coin)
    return [rendering.trade(instrument, row) for row in reversed(exchange.recent_trades(request.coin))]


def candle_snapshot(exchange: Exchange, candles: Candles, request: OfCandles) -> object:
    """Bars that overlap a range of time, ascending."""
    wanted = request.req
    instrument = instrument_named(exchange, wanted.coin)
    if wanted.interval not in INTERVALS_MS:
        raise UnknownNameError(wanted.interval)
    end_ms = exchange.now_ms if wanted.endTime is None else wanted.endTime
    return [
        render_candle(instrument, wanted.interval, bar)
        for bar in candles.bars(wanted.coin, wanted.interval)
        if bar.last_ms >= wanted.startTime and bar.first_ms <= end_ms
    ]


def funding_history(exchange: Exchange, request: OfCoinTimes) -> object:
    """Hourly rates in a range of time, ascending, at most 500."""
    instrument_named(exchange, request.coin)
    end_ms = exchange.now_ms if request.endTime is None else request.endTime
    rows = [row for row in exchange.funding_history(request.coin) if request.startTime <= row.time_ms <= end_ms]
    return [
        {
            "coin": row.coin,
            "fundingRate": decimal_text(row.rate, RATE_DECIMALS),
            "premium": decimal_text(row.premium, RATE_DECIMALS),
            "time": row.time_ms,
        }
        for row in rows[:HISTORY_ROWS]
    ]
