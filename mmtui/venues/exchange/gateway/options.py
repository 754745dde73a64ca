"""What a local exchange server is started with.

Owns the settings of the server and their bounds. Knows no socket.
"""

from pathlib import Path

import msgspec

from mmtui.errors import ConfigError, Problem
from mmtui.venues.exchange.gateway.ip_limits import GENEROUS, IpLimits
from mmtui.venues.exchange.markets.market_clock import SPEED_MAX
from mmtui.venues.exchange.markets.playback import AtEnd
from mmtui.venues.exchange.rulebook.settings import ExchangeSettings

DEFAULT_PORT = 3001
SYNTHETIC = "synthetic"


class Cadence(msgspec.Struct, frozen=True, kw_only=True):
    """Wall milliseconds between two pushes of a feed. Source: hyperliquid-protocol.md 11.2, 11.3."""

    book_ms: int = 5_000
    fast_book_ms: int = 500
    mids_ms: int = 2_000
    context_ms: int = 1_000
    all_contexts_ms: int = 4_000
    account_ms: int = 2_000
    idle_close_ms: int = 60_000


class ServeOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Everything ``mmtui exchange`` can set; ``problems`` says what is wrong with it.

    ``markets`` holds ``synthetic`` and paths of recordings: a recording replaces the synthetic
    market of its coin. ``speed`` compresses the markets, every time on the wire is the clock's.
    ``accounts``, if any, are the only addresses (with their agents) that may act; without them every
    address is credited with ``balance_usd`` of each dex's collateral.
    """

    port: int = DEFAULT_PORT
    markets: tuple[str, ...] = (SYNTHETIC,)
    speed: float = 1.0
    seed: int = 0
    balance_usd: float = 100_000.0
    at_end: AtEnd = AtEnd.HOLD
    accounts: tuple[str, ...] = ()
    rules: ExchangeSettings = ExchangeSettings()
    limits: IpLimits = GENEROUS
    cadence: Cadence = Cadence()

    def check(self) -> None:
        """Raise ConfigError with every problem of the options."""
        problems = list(self._problems())
        if problems:
            raise ConfigError("the exchange cannot be started", problems=problems)

    def _problems(self) -> list[Problem]:
        found: list[Problem] = []
        if not 0 <= self.port <= 65_535:
            found.append(Problem("--port", str(self.port), "0 to 65535"))
        if not 0.0 < self.speed <= SPEED_MAX:
            found.append(Problem("--speed", str(self.speed), "above 0, at most 10000"))
        if not 0.0 <= self.balance_usd <= 1e12:
            found.append(Problem("--balance", str(self.balance_usd), "0 to 1e12"))
        if not self.markets:
            found.append(Problem("--market", "none", "synthetic or the path of a recording"))
        found.extend(
            Problem("--market", f"no such file: {market}", "synthetic or the path of a recording")
            for market in self.markets
            if market != SYNTHETIC and not Path(market).is_file()
        )
        return found
