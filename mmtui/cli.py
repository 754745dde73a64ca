"""The command line: flags, subcommands, exit codes.

Owns the choice of the subcommand, a function imported only when it is asked for, so that ``--help``
needs nothing but the standard library. Errors for people are one line on stderr with the remedy and
the exit code of their kind; tracebacks show only with ``--log-level debug``.
"""

import argparse
import dataclasses
import difflib
import importlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from mmtui import __version__
from mmtui.errors import ConfigError, ExitCode, MmtuiError
from mmtui.runtime.commands.grammar import account, configuration, incidents, instances, research, running
from mmtui.runtime.commands.grammar.flags import SETTING_FLAGS, Command, add_run, add_settings

if TYPE_CHECKING:
    from mmtui.domain.parameters import Settings
    from mmtui.runtime.link import InProcessLink
    from mmtui.runtime.live import LiveSession, Screen
    from mmtui.runtime.options import RunOptions

INTERRUPTED = 130
PRIVATE = 0o077  # whatever a run writes, logs included, is its owner's alone
_DEBUG_LEVELS = ("debug", "trace")


class _Parser(argparse.ArgumentParser):
    """Reports a usage error as one line instead of a page."""

    def error(self, message: str) -> NoReturn:
        from mmtui.runtime.redaction import without_keys  # noqa: PLC0415 - only when something is wrong

        raise ConfigError(without_keys(message), remedy=f"see `{self.prog} --help`")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    os.umask(PRIVATE)
    is_debugging = any(level in arguments or f"--log-level={level}" in arguments for level in _DEBUG_LEVELS)
    if not is_debugging:
        sys.excepthook = _one_line
    try:
        top = parser()
        _refuse_unknown_flags(top, arguments)
        args = top.parse_args(arguments)
        args.flags, args.argv = _setting_flags(args), arguments
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
        return int(ExitCode.CLEAN)
    finally:
        _let_go(sys.stdout)
        _let_go(sys.stderr)
    return code


def _let_go(stream: TextIO) -> None:
    """Sends what nobody reads any more to nowhere: Python would change the exit code when it flushes at the end."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


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
    add_settings(top)
    add_run(top)
    commands = top.add_subparsers(title="commands", dest="command", metavar="COMMAND", parser_class=_Parser)
    for command in COMMANDS:
        listed: dict[str, Any] = {} if command.is_hidden else {"help": command.help}  # an absent help hides it
        sub = commands.add_parser(
            command.name,
            **listed,
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
    reads_file = getattr(args, "command", "run") != "demo"
    if getattr(args, "detach", False):
        return _detached(args)
    config = config_of(args, reads_file=reads_file)
    if options.is_background and config.settings.value("logging.file") is None:
        from mmtui.runtime.state import state_folder  # noqa: PLC0415

        logs = str(state_folder(os.environ) / "logs")
        args.flags = {**args.flags, "logging.file": ("--detach", "auto"), "logging.dir": ("--detach", logs)}
        config = config_of(args, reads_file=reads_file)
    if options.is_background or options.no_ui or options.dry_run or not _has_screen():
        return run_session(config, options)
    return run_session(config, options, _console(config.settings))


def demo(args: argparse.Namespace) -> int:
    """``mmtui demo``: run against the embedded exchange; no key, no configuration file, no network."""
    from mmtui.runtime.secrets import forget_keys  # noqa: PLC0415

    forget_keys(os.environ)
    args.flags = {**args.flags, "network.base_url": ("demo", "sim")}
    args.flags.pop("network.private_key", None)
    return run(args)


def _detached(args: argparse.Namespace) -> int:
    """Starts the engine as a process of its own, says which it is, and shows it where there is a terminal."""
    from mmtui.attach import has_terminal, show  # noqa: PLC0415 - see the module's docstring
    from mmtui.runtime.attaching.starting import start  # noqa: PLC0415
    from mmtui.runtime.state import state_folder  # noqa: PLC0415

    if getattr(args, "dry_run", False):
        raise ConfigError("--detach and --dry-run exclude each other", remedy="a dry run ends by itself")
    folder = state_folder(os.environ)
    words = ["--background" if word == "--detach" else word for word in args.argv]
    running = start(words, folder, folder / "detached.log")
    print(f"{running.id} runs in the background, process {running.pid}")  # noqa: T201 - what people are told
    if getattr(args, "no_ui", False) or not has_terminal():
        return int(ExitCode.CLEAN)
    return show(running, folder, args)


def _has_screen() -> bool:
    """Whether there is a terminal that can show the console; lines are printed where there is none."""
    from mmtui.console.terminal.device import can_draw  # noqa: PLC0415 - see the module's docstring

    return sys.stdout.isatty() and can_draw(os.environ)


def _console(settings: "Settings") -> "Screen":
    """The console as the run shows it; how it ends decides what becomes of the run."""

    async def show(link: "InProcessLink", session: "LiveSession") -> None:
        from mmtui.console.app import EndReason, run_console  # noqa: PLC0415
        from mmtui.console.options import console_options  # noqa: PLC0415
        from mmtui.domain.intents import LogLevel  # noqa: PLC0415
        from mmtui.runtime.attaching.roster import others  # noqa: PLC0415
        from mmtui.runtime.clock import work_seconds  # noqa: PLC0415
        from mmtui.runtime.control.people import user_name  # noqa: PLC0415

        options = console_options(settings, os.environ, name=user_name(), state=session.files.folder)
        async with others(session.files.folder, lambda text: session.log(LogLevel.ERROR, text)) as options.roster:
            end = await run_console(link, options, clock=session.parts.clock, seconds=work_seconds)
        if end.reason is EndReason.STOP:
            session.logs.show_on(sys.stderr)  # a stop takes seconds, and nobody should look at nothing meanwhile
            session.ladder.interrupted("console")
        elif end.reason is EndReason.DETACH:
            session.logs.show_on(sys.stderr)
            back = f"mmtui attach {session.files.market}"
            session.log(LogLevel.INFO, "Running without a screen; ctrl+c stops", attach=back, pid=os.getpid())
        elif end.reason is EndReason.HANGUP:
            session.ladder.hung_up()
        elif end.reason is EndReason.CRASH:
            session.log(LogLevel.ERROR, "Console failed; the engine goes on", reason=end.message)

    return show


def _run_options(args: argparse.Namespace) -> "RunOptions":
    from mmtui.runtime.options import RunOptions  # noqa: PLC0415

    names = {field.name for field in dataclasses.fields(RunOptions)}
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


COMMANDS: tuple[Command, ...] = (
    *running.COMMANDS,
    *configuration.COMMANDS,
    *account.COMMANDS,
    *instances.COMMANDS,
    *incidents.COMMANDS,
    *research.COMMANDS,
)


def _one_line(kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    """Takes the place of a traceback: a defect of ours in one line, and how to see more."""
    from mmtui.runtime.redaction import without_keys  # noqa: PLC0415

    text = without_keys(" ".join(f"{kind.__name__}: {error}".split()))
    print(f"mmtui: defect: {text}; --log-level debug shows where", file=sys.stderr)  # noqa: T201
