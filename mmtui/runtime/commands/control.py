"""``mmtui ps`` and ``mmtui ctl``: running instances, and what is asked of one over its control socket.

Owns the words of ``ctl``, which instance is meant, and what is printed. A refusal is one line on stderr and
exit code 1; an unknown instance or verb is exit code 2. Never asks the exchange.
"""

import argparse
import getpass
import sys
from collections.abc import Callable, Iterator, Sequence
from os import environ
from pathlib import Path
from typing import Final

import msgspec

from mmtui.domain.commands import Act, CancelSide, Command, CommandStatus, SetParameters, Verb
from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Value
from mmtui.domain.view import View
from mmtui.errors import ConfigError, ControlError, ExitCode
from mmtui.runtime.commands.explaining import explain_json, explain_lines
from mmtui.runtime.control.admission import needs_picture
from mmtui.runtime.control.client import ControlClient, command_id
from mmtui.runtime.control.frames import RATE_MAX_HZ
from mmtui.runtime.files import utc_text
from mmtui.runtime.instances import Running, running_instances
from mmtui.runtime.logs.lines import printable
from mmtui.runtime.state import MarketFiles, state_folder

SCHEMA: Final = 1
PS_WITHIN_S: Final = 1.0
VERBS: Final = {verb.value.replace("_", "-"): verb for verb in Verb}
SIDES: Final = {"buy": Side.BUY, "bid": Side.BUY, "sell": Side.SELL, "ask": Side.SELL}
SHOWS: Final = ("view", "explain")
WORDS: Final = (*VERBS, "cancel-side", "set", *SHOWS)


class InstanceRow(Running, frozen=True, kw_only=True):
    """One line of ``ps``; ``mode`` is None for an instance that does not answer."""

    mode: str | None


def ps(args: argparse.Namespace) -> int:
    """Prints the running instances."""
    folder = state_folder(environ, is_needed=False)
    rows = [_row(folder, one) for one in running_instances(folder)]
    if getattr(args, "json", False):
        _print_json({"schema": SCHEMA, "instances": rows})
    elif not rows:
        _tell("nothing is running")
    else:
        _tell(f"{'id':<28} {'pid':>7} {'kind':<7} {'mode':<11} since")
        for row in rows:
            mode = row.mode or "no answer"
            _tell(f"{row.id:<28} {row.pid:>7} {row.run_kind:<7} {mode:<11} {utc_text(row.started_at)}")
    return int(ExitCode.CLEAN)


def ctl(args: argparse.Namespace) -> int:
    """Asks something of a running instance and prints its answer."""
    folder = state_folder(environ, is_needed=False)
    name, word, rest = _split(args.words)
    if word in SHOWS:
        _nothing_more(word, rest)
    if word != "view" and (getattr(args, "follow", False) or hasattr(args, "rate_hz")):
        raise ConfigError(f"ctl {word} does not go on", remedy="--follow and --rate belong to view")
    if word != "explain" and (hasattr(args, "level") or hasattr(args, "side")):
        raise ConfigError(f"ctl {word} has no levels", remedy="--level and --side belong to explain")
    build = _builder(word, rest)
    running = _meant(running_instances(folder), name)
    as_json = getattr(args, "json", False)
    with ControlClient(_socket(folder, running), name=getpass.getuser()) as client:
        if word == "explain":
            return _explain(client, args)
        if build is None:
            return _show(client, args)
        command = build(command_id())
        nonce = client.look().nonce if needs_picture(command) else ""
        result = client.ask(command, nonce=nonce)
    if as_json:
        fields = {"id": running.id, "command": word, "status": result.status.value, "text": result.text}
        _print_json({"schema": SCHEMA, **fields})
    elif result.status is not CommandStatus.REFUSED:
        _tell(f"{running.id}: {printable(result.text)}")
    if result.status is CommandStatus.REFUSED:
        raise ControlError(f"{running.id}: {word} refused: {printable(result.text)}")
    return int(ExitCode.CLEAN)


def _split(words: Sequence[str]) -> tuple[str, str, list[str]]:
    """Instance (or ""), verb, arguments; raises ConfigError."""
    name, rest = ("", list(words)) if words[0] in WORDS else (words[0], list(words[1:]))
    if not rest or rest[0] not in WORDS:
        said = repr(rest[0] if rest else name)
        raise ConfigError(f"ctl: {said} is no verb", remedy=f"use one of: {', '.join(WORDS)}")
    return name, rest[0], rest[1:]


def _builder(word: str, rest: list[str]) -> Callable[[str], Command] | None:
    """What makes the command, None for a verb that only shows; raises ConfigError."""
    by = getpass.getuser()
    if word in SHOWS:
        return None
    if word == "cancel-side":
        side = SIDES.get(rest[0].lower()) if len(rest) == 1 else None
        if side is None:
            raise ConfigError("ctl cancel-side: which side?", remedy="say buy or sell")
        return lambda made: CancelSide(id=made, by=by, side=side)
    if word == "set":
        changes = _changes(rest)
        return lambda made: SetParameters(id=made, by=by, changes=changes)
    _nothing_more(word, rest)
    return lambda made: Act(id=made, by=by, verb=VERBS[word])


def _changes(pairs: Sequence[str]) -> dict[str, Value]:
    changes: dict[str, Value] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals or not key:
            raise ConfigError(f"ctl set: {pair!r} is not KEY=VALUE", remedy="such as trading.risk_aversion=0.4")
        changes[key.strip()] = text.strip()
    if not changes:
        raise ConfigError("ctl set: nothing to set", remedy="give KEY=VALUE, such as trading.risk_aversion=0.4")
    return changes


def _nothing_more(word: str, rest: Sequence[str]) -> None:
    if rest:
        raise ConfigError(f"ctl {word} takes nothing more, got {rest[0]!r}", remedy="see `mmtui ctl --help`")


def _meant(running: Sequence[Running], name: str) -> Running:
    """The instance called ``name``, or the only one whose id begins so; raises ConfigError."""
    found = [one for one in running if one.id == name] or [one for one in running if one.id.startswith(name)]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(one.id for one in (found or running)) or "none"
    if not running:
        raise ConfigError("no instance is running", remedy="`mmtui ps` lists them")
    if not found:
        raise ConfigError(f"no instance is called {name!r}", remedy=f"running: {listed}")
    raise ConfigError("which instance?", remedy=f"say one of: {listed}")


def _socket(folder: Path, running: Running) -> Path:
    if not running.socket:
        raise ControlError(f"{running.id} has no control socket", remedy="its log says why; `mmtui kill` works")
    return MarketFiles(folder, running.id).socket


def _row(folder: Path, running: Running) -> InstanceRow:
    mode: str | None = None
    if running.socket:
        try:
            with ControlClient(_socket(folder, running), name="ps", timeout_s=PS_WITHIN_S) as client:
                mode = client.look().view.engine.mode.value
        except ControlError:
            mode = None
    fields = {name: getattr(running, name) for name in Running.__struct_fields__}
    return InstanceRow(**fields, mode=mode)


def _explain(client: ControlClient, args: argparse.Namespace) -> int:
    view = client.look().view
    level, side = getattr(args, "level", None), SIDES[args.side].name if hasattr(args, "side") else ""
    if getattr(args, "json", False):
        _tell(explain_json(view, level=level, side=side))
    else:
        for line in explain_lines(view, level=level, side=side):
            _tell(line)
    return int(ExitCode.CLEAN)


def _show(client: ControlClient, args: argparse.Namespace) -> int:
    rate_hz = getattr(args, "rate_hz", 1.0)
    if rate_hz > RATE_MAX_HZ:
        raise ConfigError(f"--rate {rate_hz:g} is too fast", remedy=f"at most {RATE_MAX_HZ:g}")
    pictures = client.watch(rate_hz) if getattr(args, "follow", False) else iter((client.look(),))
    for picture in pictures:
        if getattr(args, "json", False):
            _tell(msgspec.json.encode(picture.view).decode())
        else:
            for line in _lines(picture.view):
                _tell(line)
        sys.stdout.flush()
    return int(ExitCode.CLEAN)


def _lines(view: View) -> Iterator[str]:
    engine, session = view.engine, view.session
    why = f" ({printable(engine.mode_reason)})" if engine.mode_reason else ""
    yield (
        f"{utc_text(engine.at)}  {session.coin} {session.network} {session.run_kind}  {engine.mode.value}{why}"
        f"  quotes {engine.bids_quoted}+{engine.asks_quoted}  position {engine.position.size:+g}"
        f"  pnl {engine.pnl.total:+,.2f} USD  fills {engine.counters.fills}"
    )
    yield from (f"  ALARM {printable(alarm.text)}" for alarm in engine.alarms)


def _print_json(value: object) -> None:
    _tell(msgspec.json.encode(value).decode())


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
