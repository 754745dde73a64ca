"""Which recordings are read, of which coin, and in which order.

Owns the choice of the coin and the order of several files in time. Never reads a row but the first, and never
judges what a file holds.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from mmtui.domain.instrument import Instrument
from mmtui.errors import ConfigError
from mmtui.venues.exchange.markets.recording_rows import RecordingReader, recorded_coins

FILES_MAX = 1_000


class Source(msgspec.Struct, frozen=True):
    """One file and the time of its first row of the coin, local ms."""

    path: Path
    first_ms: int


class Recordings(msgspec.Struct, frozen=True):
    """Files of one coin in the order of their time, and the contract with the grid that fits them all."""

    instrument: Instrument
    sources: tuple[Source, ...]


def recordings(paths: Sequence[Path], coin: str | None = None) -> Recordings:
    """The recordings at ``paths``.

    Raises ConfigError for a file that cannot be read, one given twice, or a coin that is not clear or not in all.
    """
    if len(paths) > FILES_MAX:
        raise ConfigError(f"{len(paths)} files are too many", remedy=f"give at most {FILES_MAX}")
    _refuse_twice(paths)
    coins = {path: recorded_coins(path) for path in paths}
    chosen = _the_coin(coins, coin)
    decimals = max(found[chosen] for found in coins.values())
    instrument = Instrument(coin=chosen, asset_id=0, size_decimals=min(decimals, 6), max_leverage=1)
    sources = sorted((_source(path, instrument) for path in paths), key=lambda source: source.first_ms)
    return Recordings(instrument, tuple(sources))


def _refuse_twice(paths: Sequence[Path]) -> None:
    seen: set[Path] = set()
    for path in paths:
        resolved = path.resolve()
        if resolved in seen:
            raise ConfigError(f"{path.name} is given twice", remedy="give each recording once")
        seen.add(resolved)


def _the_coin(coins: dict[Path, dict[str, int]], wanted: str | None) -> str:
    names = sorted({name for found in coins.values() for name in found})
    if wanted is None and len(names) > 1:
        raise ConfigError(f"several coins are recorded: {', '.join(names)}", remedy="say which with --coin NAME")
    coin = wanted if wanted is not None else names[0]
    for path, found in coins.items():
        if coin not in found:
            raise ConfigError(f"{path.name} does not hold {coin} but {', '.join(sorted(found))}", remedy="see --coin")
    return coin


def _source(path: Path, instrument: Instrument) -> Source:
    first = next(iter(RecordingReader(path, instrument)), None)
    if first is None:
        raise ConfigError(f"{path.name} holds nothing of {instrument.coin}", remedy="leave it out")
    return Source(path, first.ts_ms)
