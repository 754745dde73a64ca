"""Flags shared by subcommands: one a setting, and those that describe this run. Standard library only."""

import argparse
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from mmtui.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag that sets one setting."""

    name: str
    key: str
    help: str
    metavar: str = ""
    is_switch: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """A subcommand: ``target`` is ``module:function``, called with the parsed arguments.

    What ``is_hidden`` the program starts itself; no person needs it.
    """

    name: str
    target: str
    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    is_hidden: bool = False


SETTING_FLAGS: tuple[Flag, ...] = (
    Flag("--asset", "trading.asset", "coin to quote, such as BTC", "COIN"),
    Flag("--dex", "trading.dex", "builder-deployed (HIP-3) exchange, such as hyna", "NAME"),
    Flag("--network", "network.base_url", "testnet, mainnet, localhost or sim", "NAME"),
    Flag("--target-liquidity", "trading.target_liquidity", "size on each side, base units", "SIZE"),
    Flag("--max-position", "trading.max_absolute_position_size", "largest position, base units", "SIZE"),
    Flag("--risk-aversion", "trading.risk_aversion", "gamma, 0.05 to 2", "GAMMA"),
    Flag("--max-bps-diff", "trading.max_bps_diff", "move a quote when it is this far off", "BPS"),
    Flag("--leverage", "trading.leverage", "leverage to set on the account, or max", "N"),
    Flag("--initial-isolated-margin", "trading.initial_isolated_margin", "most margin of an isolated position", "USD"),
    Flag("--force-isolated", "trading.force_isolated", "set isolated margin first", is_switch=True),
    Flag("--private-key", "network.private_key", "signing key; refused on mainnet, visible to other users", "KEY"),
    Flag("--log-level", "logging.level", "trace, debug, info, warn or error", "LEVEL"),
    Flag("--log-format", "logging.format", "pretty, json or compact", "FORM"),
    Flag("--log-file", "logging.file", "log to a file as well; auto names it", "PATH"),
    Flag("--multi-stream-logs", "logging.multi_stream", "one log file a subsystem", is_switch=True),
    Flag("--log-dir", "logging.dir", "folder of the streams and of auto-named files", "PATH"),
    Flag("--metrics-port", "monitoring.metrics_port", "port of the metrics on this machine, 0 for none", "PORT"),
    Flag("--theme", "console.theme", "colour theme", "NAME"),
)


def add_settings(target: argparse.ArgumentParser) -> None:
    """Every flag that sets a setting, and the configuration file."""
    group = target.add_argument_group("settings")
    group.add_argument("-c", "--config", type=Path, metavar="PATH", help="configuration file (market_maker.toml)")
    for flag in SETTING_FLAGS:
        if flag.is_switch:
            group.add_argument(flag.name, dest=flag.key, action="store_const", const="true", help=flag.help)
        else:
            group.add_argument(flag.name, dest=flag.key, metavar=flag.metavar, help=flag.help)
    group.add_argument("--set", action="append", metavar="KEY=VALUE", help="any other setting; may be repeated")
    group.add_argument("--decimals", action=_RefuseDecimals, nargs="?", help=argparse.SUPPRESS)


def add_run(target: argparse.ArgumentParser) -> None:
    """The flags of one run that are no settings."""
    group = target.add_argument_group("this run")
    group.add_argument("--no-ui", action="store_true", help="without the console")
    group.add_argument("--detach", action="store_true", help="trade in the background, then attach to it")
    group.add_argument("--background", dest="is_background", action="store_true", help=argparse.SUPPRESS)
    group.add_argument("--dry-run", action="store_true", help="live data, show what would be sent, sign nothing, exit")
    group.add_argument("--duration", dest="duration_s", type=positive, metavar="SECONDS", help="stop cleanly after")
    group.add_argument("--json-summary", type=Path, metavar="FILE", help="write the end state as JSON")
    group.add_argument("--yes", dest="assume_yes", action="store_true", help="ask nothing")
    group.add_argument("--balance", dest="balance_usd", type=positive, metavar="USD", help="sim: what an account has")
    group.add_argument("--seed", type=count, metavar="N", help="sim: the market's seed")
    group.add_argument("--speed", type=positive, metavar="K", help="sim: K seconds pass in one")


class _RefuseDecimals(argparse.Action):
    """``--decimals`` would only let prices be wrong: the grid is the venue's (S83)."""

    def __call__(self, *_: object) -> NoReturn:
        raise ConfigError(
            "--decimals is not taken: the price grid follows from the venue's metadata", remedy="leave it out"
        )


def positive(text: str) -> float:
    """An argument that is a number above 0; NaN and infinity are not."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.0 < value <= 1e12:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value


def count(text: str) -> int:
    """An argument that is a whole number."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def several(text: str) -> int:
    """An argument that is a whole number above 0."""
    number = count(text)
    if not number:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return number
