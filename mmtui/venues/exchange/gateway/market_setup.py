"""Markets from the options: synthetic ones for every listed coin, recordings for theirs.

Owns the choice of which market trades which coin. Each synthetic market draws from its own generator,
seeded by the seed and the coin, so that adding a recording changes no other market.
"""

import random
from pathlib import Path

from mmtui.errors import ConfigError
from mmtui.venues.exchange.exchange import Exchange
from mmtui.venues.exchange.gateway.options import SYNTHETIC, ServeOptions
from mmtui.venues.exchange.listing import Listing, default_listing
from mmtui.venues.exchange.markets.flow import Market
from mmtui.venues.exchange.markets.recorded import RecordedMarket
from mmtui.venues.exchange.markets.recording_rows import recorded_coins
from mmtui.venues.exchange.markets.synthetic import SyntheticMarket


def build_exchange(options: ServeOptions, start_ms: int) -> Exchange:
    """An exchange that begins at ``start_ms``. Raises ConfigError as ``build_markets``."""
    listing, markets = build_markets(options)
    return Exchange(listing, markets, balance_usd=options.balance_usd, start_ms=start_ms, settings=options.rules)


def build_markets(options: ServeOptions) -> tuple[Listing, list[Market]]:
    """The listing and its markets.

    Raises ConfigError for a recording that cannot be read, that two files share a coin, or whose dex
    nobody lists.
    """
    listing = default_listing()
    recordings: dict[str, Path] = {}
    for path in (Path(market) for market in options.markets if market != SYNTHETIC):
        for coin, size_decimals in recorded_coins(path).items():
            if coin in recordings:
                raise ConfigError(
                    f"{coin} is in {recordings[coin].name} and in {path.name}", remedy="give one recording a coin"
                )
            recordings[coin] = path
            listing = listing.with_instrument(coin, size_decimals=size_decimals)
    markets: list[Market] = []
    for contract in listing.contracts():
        instrument = contract.instrument
        if instrument.coin in recordings:
            path = recordings[instrument.coin]
            markets.append(RecordedMarket(instrument, path, speed=options.speed, at_end=options.at_end))
        elif SYNTHETIC in options.markets and not instrument.is_delisted:
            rng = random.Random(f"{options.seed}:{instrument.coin}")  # noqa: S311  a market, not a secret
            markets.append(SyntheticMarket(instrument, rng, speed=options.speed))
    return listing, markets
