"""From the wire's shapes to the domain's, for one instrument: the gate for every number.

Owns the checks that a value is finite, of the right sign and within bounds; own money is parsed from
text to exact integers. What fails becomes None, which the caller counts and drops. Crossed, locked,
empty or old books pass: judging them is the engine's data gate. Faults F40 to F43.
"""

from mmtui.domain.book import PRICE_USD_MAX, SIZE_BASE_MAX, AssetContext, Book, PriceRow, Touch, Trade
from mmtui.domain.events import Fill, FundingPayment, OrderReport
from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.units import MICRO, Price, Size, UnitError, UsdMicro, parse_signed_units, parse_usd
from mmtui.venues.hyperliquid import wire
from mmtui.venues.hyperliquid.errors import plain

TIME_MS_MAX = 10**14
ID_MAX = 2**63
USD_MAX: UsdMicro = 10**12 * MICRO
CLOID_LENGTH = 34
NO_HASH = "0x" + 64 * "0"

_SIDES = {"B": Side.BUY, "A": Side.SELL}
# Display texts are no interface: the two that end trading are read, and a change of them loses an alarm only.
_FORCED = {"Auto-Deleveraging": "auto-deleveraging", "Settlement": "settlement"}


def book(data: wire.L2Book) -> Book | None:
    """The book, or None when a number in it cannot be."""
    if not 0 < data.time < TIME_MS_MAX:
        return None
    bids, asks = data.levels
    found = Book(
        data.time,
        tuple([level.px for level in bids]),
        tuple([level.sz for level in bids]),
        tuple([level.px for level in asks]),
        tuple([level.sz for level in asks]),
    )
    prices_are_sane = _all_within(found.bid_prices, PRICE_USD_MAX) and _all_within(found.ask_prices, PRICE_USD_MAX)
    sizes_are_sane = _all_within(found.bid_sizes, SIZE_BASE_MAX) and _all_within(found.ask_sizes, SIZE_BASE_MAX)
    return found if prices_are_sane and sizes_are_sane else None


def touch(data: wire.Bbo) -> Touch | None:
    """Best bid and ask with 0 for an empty side, or None when a number in it cannot be."""
    if not 0 < data.time < TIME_MS_MAX:
        return None
    for level in data.bbo:
        if level is not None and not (0.0 < level.px <= PRICE_USD_MAX and 0.0 < level.sz <= SIZE_BASE_MAX):
            return None
    bid, ask = data.bbo
    return Touch(
        data.time,
        bid.px if bid else 0.0,
        bid.sz if bid else 0.0,
        ask.px if ask else 0.0,
        ask.sz if ask else 0.0,
    )


def trade(data: wire.WireTrade) -> Trade | None:
    """One print, or None."""
    side = _SIDES.get(data.side)
    if side is None or not (0 < data.time < TIME_MS_MAX and 0 <= data.tid < ID_MAX):
        return None
    if not (0.0 < data.px <= PRICE_USD_MAX and 0.0 < data.sz <= SIZE_BASE_MAX):
        return None
    buyer, seller = data.users if len(data.users) == 2 else ("", "")
    return Trade(
        data.time,
        side,
        data.px,
        data.sz,
        data.tid,
        _order_key(data, side),
        buyer.lower(),
        seller.lower(),
        data.hash == NO_HASH,
    )


def context(data: wire.AssetCtx) -> AssetContext | None:
    """The slow facts, or None."""
    prices_are_sane = 0.0 < data.mark_px <= PRICE_USD_MAX and 0.0 < data.oracle_px <= PRICE_USD_MAX
    rates_are_sane = -1.0 <= data.funding <= 1.0 and (data.premium is None or -10.0 <= data.premium <= 10.0)
    if not (prices_are_sane and rates_are_sane and 0.0 <= data.open_interest <= SIZE_BASE_MAX):
        return None
    bid, ask = _impact_prices(data.impact_pxs)
    return AssetContext(data.mark_px, data.oracle_px, data.funding, data.open_interest, data.premium, bid, ask)


def _impact_prices(prices: tuple[float | None, ...] | None) -> tuple[float | None, float | None]:
    """Impact bid and ask, or nothing of either where one is missing or cannot be a price."""
    if prices is None or len(prices) != 2:
        return None, None
    bid, ask = prices
    if bid is None or ask is None or not (0.0 < bid <= PRICE_USD_MAX and 0.0 < ask <= PRICE_USD_MAX):
        return None, None
    return bid, ask


def fill(data: wire.WireFill, instrument: Instrument) -> Fill | None:
    """One own execution in exact units, or None."""
    side = _SIDES.get(data.side)
    ids_are_sane = 0 <= data.tid < ID_MAX and 0 <= data.oid < ID_MAX
    if side is None or not (0 < data.time < TIME_MS_MAX and ids_are_sane):
        return None
    try:
        price = _price(data.px, instrument)
        size = _size(data.sz, instrument)
        if not size:
            return None
        return Fill(
            coin=data.coin,
            venue_time_ms=data.time,
            tid=data.tid,
            oid=data.oid,
            side=side,
            price=price,
            size=size,
            fee=usd(data.fee),
            start_position=signed_size(data.start_position, instrument),
            is_taker=data.crossed,
            cloid=_cloid(data.cloid),
            closed_pnl=usd(data.closed_pnl),
            is_liquidation=data.liquidation is not None,
            fee_token=plain(data.fee_token),
            forced_by=_FORCED.get(data.dir, ""),
        )
    except UnitError:
        return None


def order_report(order: wire.WireOrder, status: str, status_time_ms: int, instrument: Instrument) -> OrderReport | None:
    """What the venue says about one order, or None.

    ``filled`` is the original size less the remainder; on a reduce-only order that the venue has cut
    it is an upper bound, since a cut is not told apart from a fill.
    """
    side = _SIDES.get(order.side)
    if side is None or not (0 <= order.oid < ID_MAX and 0 < status_time_ms < TIME_MS_MAX):
        return None
    try:
        price = _price(order.limit_px, instrument)
        remaining = _size(order.sz, instrument)
        size = _size(order.orig_sz, instrument) if order.orig_sz is not None else remaining
    except UnitError:
        return None
    return OrderReport(
        coin=order.coin,
        oid=order.oid,
        cloid=_cloid(order.cloid),
        side=side,
        price=price,
        size=size,
        filled=max(0, size - remaining),
        status=plain(status),
        status_time_ms=status_time_ms,
        reduce_only=order.reduce_only,
    )


def funding_payment(data: wire.WireFunding, instrument: Instrument) -> FundingPayment | None:
    """One funding payment, or None."""
    if not (0 < data.time < TIME_MS_MAX and -1.0 <= data.funding_rate <= 1.0):
        return None
    try:
        return FundingPayment(
            coin=data.coin,
            venue_time_ms=data.time,
            amount=usd(data.usdc),
            rate=data.funding_rate,
            position=signed_size(data.szi, instrument),
        )
    except UnitError:
        return None


def signed_size(text: str, instrument: Instrument) -> Size:
    """Signed size units; raises UnitError for what is not on the grid or out of bounds."""
    size = parse_signed_units(text, instrument.size_decimals)
    if abs(size) > int(SIZE_BASE_MAX) * 10**instrument.size_decimals:
        raise UnitError("a size is out of bounds")
    return size


def usd(text: str) -> UsdMicro:
    """Micro-USD of the venue's text; raises UnitError for what is no amount or out of bounds."""
    amount = parse_usd(text)
    if abs(amount) > USD_MAX:
        raise UnitError("an amount is out of bounds")
    return amount


def _all_within(values: PriceRow, highest: float) -> bool:
    """Whether every value is above 0 and their sum within ``highest``, and so each of them.

    A NaN anywhere spoils the sum, an infinity exceeds it: one pass more for all of those.
    """
    return not values or (sum(values) <= highest and min(values) > 0.0)


def _size(text: str, instrument: Instrument) -> Size:
    size = signed_size(text, instrument)
    if size < 0:
        raise UnitError("a size is negative")
    return size


def _price(text: str, instrument: Instrument) -> Price:
    price = instrument.parse_price(text)
    if not 0 < price <= int(PRICE_USD_MAX) * 10**instrument.price_decimals:
        raise UnitError("a price is out of bounds")
    return price


def _cloid(text: str | None) -> str | None:
    return text.lower() if text is not None and len(text) == CLOID_LENGTH else None


def _order_key(data: wire.WireTrade, side: Side) -> str:
    """Groups the prints of one taker order: its transaction and who sent it."""
    if len(data.users) != 2:
        return data.hash if data.hash != NO_HASH else ""
    taker = data.users[0] if side is Side.BUY else data.users[1]
    return f"{taker}:{data.time if data.hash == NO_HASH else data.hash}"
