"""The slow clock of a pit: oracle and mark, premium samples, hourly funding, its public context.

Owns what happens every three seconds, five seconds and hour. A market may dictate a context; the
exchange's own rules apply where it does not. Source: hyperliquid-protocol.md 8.3, 8.4.
"""

from mmtui.domain.instrument import Side
from mmtui.domain.units import Size
from mmtui.venues.exchange.ledger import funding
from mmtui.venues.exchange.records import FundingPayment, FundingRecord, MarketContext
from mmtui.venues.exchange.rulebook.pit import Pit
from mmtui.venues.exchange.rulebook.state import State


def update_prices(state: State, pit: Pit) -> None:
    """Set oracle and mark for this moment."""
    dictated = pit.market.context(state.now_ms)
    if dictated is not None:
        pit.price.dictate(dictated.mark, dictated.oracle, state.now_ms)
        return
    pit.price.update(
        state.now_ms,
        pit.market.oracle(state.now_ms),
        bid=pit.book.best(Side.BUY),
        ask=pit.book.best(Side.SELL),
        last=pit.tape.last,
    )


def sample_premium(pit: Pit) -> None:
    """Take one premium sample of the running hour."""
    bid, ask = pit.impact_prices()
    is_builder = bool(pit.instrument.dex)
    pit.funding.sample(funding.premium(pit.price.oracle, bid, ask, is_builder=is_builder))


def settle_funding(state: State, pit: Pit) -> None:
    """Charge every position for the hour that ended; the background is the other side."""
    rate = funding_rate(state, pit)
    pit.funding_history.append(FundingRecord(pit.coin, state.now_ms, rate, pit.funding.premium_mean))
    pit.funding.restart()
    for account in state.accounts.values():
        dex_account = account.dexes[pit.instrument.dex]
        holding = dex_account.holdings.get(pit.coin)
        if holding is None or holding.size == 0:
            continue
        amount = funding.payment(holding.size, pit.price.oracle, rate)
        dex_account.pay(holding, amount)
        holding.funding.pay(amount)
        pit.background.raw += amount
        paid = FundingPayment(pit.coin, state.now_ms, -amount, holding.size, rate)
        account.fundings.append(paid)
        if state.listener is not None:
            state.listener.on_funding(account.address, paid)


def funding_rate(state: State, pit: Pit) -> float:
    """Hourly rate as it stands: dictated by the market, else from the samples so far."""
    dictated = pit.market.context(state.now_ms)
    return pit.funding.rate() if dictated is None else dictated.funding_rate


def market_context(state: State, pit: Pit) -> MarketContext:
    """The public context; a premium, mid or impact price without both sides of the book is None."""
    instrument = pit.instrument
    scale = 10**instrument.price_decimals
    dictated = pit.market.context(state.now_ms)
    bid, ask = pit.book.best(Side.BUY), pit.book.best(Side.SELL)
    impact_bid, impact_ask = pit.impact_prices()
    has_impact = impact_bid is not None and impact_ask is not None
    premium = funding.premium(pit.price.oracle, impact_bid, impact_ask, is_builder=bool(instrument.dex))
    interest = _open_interest(state, pit) + instrument.size_units(pit.market.outside_open_interest())
    if dictated is not None:
        interest += instrument.size_units(dictated.open_interest)
    previous = pit.tape.previous_day_price or pit.price.oracle
    return MarketContext(
        coin=pit.coin,
        mark=pit.price.mark / scale,
        oracle=pit.price.oracle / scale,
        funding_rate=pit.funding.rate() if dictated is None else dictated.funding_rate,
        open_interest=interest,
        previous_day_price=previous / scale,
        day_notional_micro=pit.tape.day_notional,
        day_size=pit.tape.day_size,
        premium=premium,
        mid=None if bid is None or ask is None else (bid + ask) / 2 / scale,
        impact_bid=impact_bid / scale if has_impact and impact_bid is not None else None,
        impact_ask=impact_ask / scale if has_impact and impact_ask is not None else None,
    )


def _open_interest(state: State, pit: Pit) -> Size:
    long_size = max(0, pit.background.size)
    for account in state.accounts.values():
        holding = account.dexes[pit.instrument.dex].holdings.get(pit.coin)
        if holding is not None and holding.size > 0:
            long_size += holding.size
    return long_size
