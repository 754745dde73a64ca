"""The command line: flags, subcommands, exit codes.

Owns the table of subcommands, each a function imported only when it is asked for, so that ``--help``
needs nothing but the standard library. Errors for people are one line on stderr with the remedy and
the exit code of their kind; tracebacks show only with ``--log-level debug``.
"""

import argparse
import difflib
import getpass
import importlib
import math
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn

from mmtui import __version__
from mmtui.errors import ConfigError, ExitCode, MmtuiError

if TYPE_CHECKING:
    from mmtui.domain.parameters import Settings
    from mmtui.runtime.link import InProcessLink
    from mmtui.runtime.live import LiveSession, Screen
    from mmtui.runtime.options import RunOptions

INTERRUPTED = 130
_DEBUG_LEVELS = ("debug", "trace")


class _Parser(argparse.ArgumentParser):
    """Reports a usage error as one line instead of a page."""

    def error(self, message: str) -> NoReturn:
        from mmtui.runtime.redaction import without_keys  # noqa: PLC0415 - only when something is wrong

        raise ConfigError(without_keys(message), remedy=f"see `{self.prog} --help`")


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
    """A subcommand: ``target`` is ``module:function``, called with the parsed arguments."""

    name: str
    target: str
    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]


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


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    is_debugging = any(level in arguments or f"--log-level={level}" in arguments for level in _DEBUG_LEVELS)
    if not is_debugging:
        sys.excepthook = _one_line
    try:
        top = parser()
        _refuse_unknown_flags(top, arguments)
        args = top.parse_args(arguments)
        args.flags = _setting_flags(args)
        code = _target(args)(args)
        sys.stdout.flush()
    except MmtuiError as error:
        if is_debugging:
            raise
        print(f"mmtui: {error}", file=sys.stderr)  # noqa: T201 - what people are told
        return int(error.exit_code)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of a pipe is gone; Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(ExitCode.CLEAN)
    return code


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = _Parser(
        prog="mmtui",
        description="Market-making engine and keyboard console for Hyperliquid perpetuals. Without a command: run.",
        epilog="Try `mmtui demo`: an embedded exchange, no key, no network.",
        allow_abbrev=False,
        argument_default=argparse.SUPPRESS,
    )
    top.add_argument("--version", action="version", version=f"mmtui {__version__}")
    top.add_argument("--list-dexs", action="store_true", help="list the builder-deployed exchanges and exit")
    _add_settings(top)
    _add_run(top)
    commands = top.add_subparsers(title="commands", dest="command", metavar="COMMAND", parser_class=_Parser)
    for command in COMMANDS:
        sub = commands.add_parser(
            command.name,
            help=command.help,
            description=f"{command.help[0].upper()}{command.help[1:]}.",
            allow_abbrev=False,
            argument_default=argparse.SUPPRESS,
        )
        command.add_arguments(sub)
    return top


def run(args: argparse.Namespace) -> int:
    """``mmtui run``: the console with the engine inside, or headless without a terminal."""
    from mmtui.runtime.commands.configuration import config_of  # noqa: PLC0415 - see the module's docstring
    from mmtui.runtime.run import run as run_session  # noqa: PLC0415

    options = _run_options(args)
    config = config_of(args, reads_file=getattr(args, "command", "run") != "demo")
    if options.no_ui or options.dry_run or not sys.stdout.isatty():
        return run_session(config, options)
    return run_session(config, options, _console(config.settings))


def demo(args: argparse.Namespace) -> int:
    """``mmtui demo``: run against the embedded exchange; no key, no configuration file, no network."""
    from mmtui.runtime.secrets import forget_keys  # noqa: PLC0415

    forget_keys(os.environ)
    args.flags = {**args.flags, "network.base_url": ("demo", "sim")}
    args.flags.pop("network.private_key", None)
    return run(args)


def _console(settings: "Settings") -> "Screen":
    """The console as the run shows it; how it ends decides what becomes of the run."""

    async def show(link: "InProcessLink", session: "LiveSession") -> None:
        from mmtui.console.app import ConsoleOptions, EndReason, run_console  # noqa: PLC0415
        from mmtui.domain.intents import LogLevel  # noqa: PLC0415
        from mmtui.runtime.clock import work_seconds  # noqa: PLC0415

        options = ConsoleOptions(
            name=getpass.getuser(), theme=settings.text("console.theme"), rate_hz=settings.number("console.rate_hz")
        )
        end = await run_console(link, options, clock=session.parts.clock, seconds=work_seconds)
        if end.reason is EndReason.STOP:
            session.interrupted("console")
        elif end.reason is EndReason.DETACH:
            session.logs.show_on(sys.stderr)
            session.log(LogLevel.INFO, "Running without a screen; ctrl+c stops", pid=os.getpid())
        elif end.reason is EndReason.HANGUP:
            session.hung_up()
        elif end.reason is EndReason.CRASH:
            session.log(LogLevel.ERROR, "Console failed; the engine goes on", reason=end.message)

    return show


def _run_options(args: argparse.Namespace) -> "RunOptions":
    from mmtui.runtime.options import RunOptions  # noqa: PLC0415

    names = {"no_ui", "duration_s", "json_summary", "dry_run", "assume_yes", "balance_usd", "seed", "speed"}
    given = {name: value for name, value in vars(args).items() if name in names}
    return RunOptions(**given, log_levels=os.environ.get("MMTUI_LOG", ""))


def _setting_flags(args: argparse.Namespace) -> dict[str, tuple[str, str]]:
    """Key to flag and text, for every flag given that sets a setting."""
    flags = {}
    for pair in getattr(args, "set", []):
        key, equals, text = pair.partition("=")
        if not equals:
            raise ConfigError(f"--set {key} has no value", remedy="write --set KEY=VALUE")
        flags[key.strip()] = ("--set", text)
    for flag in SETTING_FLAGS:
        if hasattr(args, flag.key):
            flags[flag.key] = (flag.name, getattr(args, flag.key))
    return flags


def _refuse_unknown_flags(top: argparse.ArgumentParser, arguments: Sequence[str]) -> None:
    """Names a mistyped flag: left to argparse, its value would be taken for a command."""
    known = set(_flags_of(top))
    for word in arguments:
        name = word.partition("=")[0]
        if name.startswith("--") and len(name) > 2 and name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            top.error(f"unrecognized arguments: {name}" + (f"; did you mean {close[0]}" if close else ""))


def _flags_of(target: argparse.ArgumentParser) -> Iterator[str]:
    for action in target._actions:
        yield from action.option_strings
        if isinstance(action, argparse._SubParsersAction):
            for sub in action.choices.values():
                yield from _flags_of(sub)


def _target(args: argparse.Namespace) -> Callable[[argparse.Namespace], int]:
    """The function to call, imported now."""
    if getattr(args, "list_dexs", False):
        target = "mmtui.runtime.commands.account:list_dexs"
    else:
        name = getattr(args, "command", None) or "run"
        target = next(command.target for command in COMMANDS if command.name == name)
    module, _, function = target.partition(":")
    called: Callable[[argparse.Namespace], int] = getattr(importlib.import_module(module), function)
    return called


def _add_settings(target: argparse.ArgumentParser) -> None:
    group = target.add_argument_group("settings")
    group.add_argument("-c", "--config", type=Path, metavar="PATH", help="configuration file (market_maker.toml)")
    for flag in SETTING_FLAGS:
        if flag.is_switch:
            group.add_argument(flag.name, dest=flag.key, action="store_const", const="true", help=flag.help)
        else:
            group.add_argument(flag.name, dest=flag.key, metavar=flag.metavar, help=flag.help)
    group.add_argument("--set", action="append", metavar="KEY=VALUE", help="any other setting; may be repeated")
    group.add_argument("--decimals", action=_RefuseDecimals, nargs="?", help=argparse.SUPPRESS)


def _add_run(target: argparse.ArgumentParser) -> None:
    group = target.add_argument_group("this run")
    group.add_argument("--no-ui", action="store_true", help="without the console")
    group.add_argument("--dry-run", action="store_true", help="live data, show what would be sent, sign nothing, exit")
    group.add_argument("--duration", dest="duration_s", type=_positive, metavar="SECONDS", help="stop cleanly after")
    group.add_argument("--json-summary", type=Path, metavar="FILE", help="write the end state as JSON")
    group.add_argument("--yes", dest="assume_yes", action="store_true", help="ask nothing")
    group.add_argument("--balance", dest="balance_usd", type=_positive, metavar="USD", help="sim: what an account has")
    group.add_argument("--seed", type=_count, metavar="N", help="sim: the market's seed")
    group.add_argument("--speed", type=_positive, metavar="K", help="sim: K seconds pass in one")


def _add_run_command(target: argparse.ArgumentParser) -> None:
    _add_settings(target)
    _add_run(target)


def _add_generate(target: argparse.ArgumentParser) -> None:
    target.add_argument("path", nargs="?", default="market_maker.toml", metavar="PATH", help="- for standard output")
    target.add_argument("--force", action="store_true", help="write over an existing file")


def _add_status(target: argparse.ArgumentParser) -> None:
    _add_settings(target)
    target.add_argument("--json", action="store_true", help="one JSON object")


def _add_cancel_all(target: argparse.ArgumentParser) -> None:
    _add_settings(target)
    which = target.add_mutually_exclusive_group()
    which.add_argument("--own", action="store_true", help="orders of this program, the default")
    which.add_argument("--all", action="store_true", help="every order on the dex, whoever placed it")


def _add_flatten(target: argparse.ArgumentParser) -> None:
    _add_settings(target)
    target.add_argument("--preview", action="store_true", help="show what would be sent and send nothing")
    target.add_argument("--yes", dest="assume_yes", action="store_true", help="do not ask")


def _add_resume(target: argparse.ArgumentParser) -> None:
    _add_settings(target)
    target.add_argument("--reason", required=True, metavar="TEXT", help="why trading may go on; kept in the history")


def _add_exchange(target: argparse.ArgumentParser) -> None:
    target.add_argument("--port", type=_count, metavar="PORT", help="where to listen on this machine (3001)")
    target.add_argument("--market", action="append", metavar="synthetic|FILE", help="a market; may be repeated")
    target.add_argument("--speed", type=_positive, metavar="K", help="compress the market in time")
    target.add_argument("--seed", type=_count, metavar="N", help="seed of the synthetic market")
    target.add_argument("--balance", dest="balance_usd", type=_positive, metavar="USD", help="credit of each address")
    target.add_argument("--at-end", choices=("hold", "loop", "exit"), help="when a recording ends (hold)")


COMMANDS: tuple[Command, ...] = (
    Command("run", "mmtui.cli:run", "trade, with the console or without it", _add_run_command),
    Command("demo", "mmtui.cli:demo", "trade on an embedded exchange: no key, no network", _add_run_command),
    Command(
        "generate-config",
        "mmtui.runtime.commands.configuration:generate_config",
        "write the commented configuration",
        _add_generate,
    ),
    Command(
        "validate-config",
        "mmtui.runtime.commands.configuration:validate_config",
        "check the configuration without a network",
        _add_settings,
    ),
    Command(
        "effective-config",
        "mmtui.runtime.commands.configuration:effective_config",
        "print each setting with its source",
        _add_settings,
    ),
    Command("status", "mmtui.runtime.commands.account:status", "show account, position and orders", _add_status),
    Command("exchange", "mmtui.runtime.commands.exchange:exchange", "serve the local exchange", _add_exchange),
    Command("cancel-all", "mmtui.runtime.commands.account:cancel_all", "cancel resting orders", _add_cancel_all),
    Command("flatten", "mmtui.runtime.commands.account:flatten", "close the position", _add_flatten),
    Command("resume", "mmtui.runtime.commands.account:resume", "clear a latched kill", _add_resume),
    Command("kill", "mmtui.runtime.commands.account:kill", "stop trading and latch it", _add_settings),
)


class _RefuseDecimals(argparse.Action):
    """``--decimals`` would only let prices be wrong: the grid is the venue's (S83)."""

    def __call__(self, *_: object) -> NoReturn:
        raise ConfigError(
            "--decimals is not taken: the price grid follows from the venue's metadata", remedy="leave it out"
        )


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.0 < value <= 1e12:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def _one_line(kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    """Takes the place of a traceback: a defect of ours in one line, and how to see more."""
    from mmtui.runtime.redaction import without_keys  # noqa: PLC0415

    text = without_keys(" ".join(f"{kind.__name__}: {error}".split()))
    print(f"mmtui: defect: {text}; --log-level debug shows where", file=sys.stderr)  # noqa: T201
