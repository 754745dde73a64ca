"""Which market the settings mean, who asks, and where the words of a command go."""

import sys
from pathlib import Path

from mmtui.domain.parameters import Settings
from mmtui.errors import ConfigError, ExitCode
from mmtui.runtime.commands.access import Access
from mmtui.runtime.commands.emergency import Cleared
from mmtui.runtime.config import LoadedConfig
from mmtui.runtime.instances import Running
from mmtui.runtime.logs.lines import printable
from mmtui.runtime.state import MarketFiles, market_id
from mmtui.venues.hyperliquid.instruments import split_name


def known_markets(config: LoadedConfig, folder: Path, ending: str) -> list[MarketFiles]:
    """Every market that the settings mean and that has a file of that ending, one for each account."""
    settings = config.settings
    stem = market_id(settings.text("network.base_url"), coin_of(settings), settings.text("network.account_address"))
    if not settings.text("network.account_address"):
        stem = stem.removesuffix("local")
    found = sorted(path.name.removesuffix(f".{ending}") for path in folder.glob(f"{stem}*.{ending}"))
    return [MarketFiles(folder, market) for market in found]


def known_market(config: LoadedConfig, folder: Path, ending: str) -> MarketFiles | None:
    """The one market that the settings mean and that has such a file; raises ConfigError when it is not clear which."""
    found = known_markets(config, folder, ending)
    if len(found) > 1:
        raise ConfigError(
            f"several accounts are meant: {', '.join(files.market for files in found)}",
            remedy="say which with --set network.account_address=0x...",
        )
    return found[0] if found else None


def is_meant(running: Running, config: LoadedConfig) -> bool:
    """Whether the settings mean this running instance."""
    account = config.settings.text("network.account_address").lower()
    return (
        running.network == config.settings.text("network.base_url")
        and running.coin == coin_of(config.settings)
        and account in ("", running.account)
    )


def coin_of(settings: Settings) -> str:
    """The configured coin's full name."""
    coin, dex = split_name(settings.text("trading.asset"), settings.text("trading.dex"))
    return f"{dex}:{coin}" if dex else coin


def say_where(access: Access) -> None:
    """The network and the account a command acts on, and what a person should know of them."""
    tell(f"{access.network.name}  {access.dex or 'main'}  account {access.account}")
    for note in access.notes:
        tell(f"note: {printable(note)}")


def say_cleared(cleared: Cleared, *, own_only: bool) -> int:
    """Tells how a cancelling ended; returns the exit code."""
    whose = "own orders" if own_only else "orders"
    if cleared.is_verified:
        tell(f"verified by two queries: no {whose} left")
        return int(ExitCode.CLEAN)
    count = str(cleared.left) if cleared.left else "an unknown number of"
    tell(f"{count} {whose} may remain on the exchange")
    return int(ExitCode.ORDERS_MAY_REMAIN)


def tell(line: str) -> None:
    """One line for people."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
