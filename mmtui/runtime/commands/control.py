"""``mmtui ps`` and ``mmtui ctl``: running instances, and what is asked of one over its control socket.

Owns the words of ``ctl``, which instance is meant, and what is printed. A refusal is one line on stderr and
exit code 1; an unknown instance or verb is exit code 2. Never asks the exchange.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from os import environ
from pathlib import Path
from typing import Final

import msgspec

from mmtui.domain.commands import Act, CancelSide, Command, CommandStatus, SetParameters, Verb
from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Value
from mmtui.errors import ConfigError, ControlError, ExitCode
from mmtui.runtime.attaching.survey import meant, socket_of, surveyed
from mmtui.runtime.commands.consulting import CONSULTS, consult, maker
from mmtui.runtime.commands.explaining import explain_json, explain_lines
from mmtui.runtime.commands.spoken import Spoken
from mmtui.runtime.control.admission import needs_picture
from mmtui.runtime.control.client import ControlClient, command_id
from mmtui.runtime.control.frames import RATE_MAX_HZ
from mmtui.runtime.control.people import user_name
from mmtui.runtime.files import utc_text
from mmtui.runtime.instances import Running, running_instances
from mmtui.runtime.logs.lines import printable
from mmtui.runtime.state import state_folder

SCHEMA: Final = 1
VERBS: Final = {verb.value.replace("_", "-"): verb for verb in Verb}
SIDES: Final = {"buy": Side.BUY, "bid": Side.BUY, "sell": Side.SELL, "ask": Side.SELL}
SHOWS: Final = ("view", "explain")
WORDS: Final = (*VERBS, "cancel-side", "set", *SHOWS, *CONSULTS)
_STRAYS: Final = (
    (("follow", "rate_hz"), "view", "does not go on", "--follow and --rate belong"),
    (("level", "side"), "explain", "has no levels", "--level and --side belong"),
    (("span_s",), "rehearse", "looks at no span of time", "--span belongs"),
    (("to_files",), "report", "writes no files", "--files belongs"),
    (("note",), "bundle", "takes no note", "--note belongs"),
)


class InstanceRow(Running, frozen=True, kw_only=True):
    """One line of ``ps``; what an instance that does not answer would have said is None.

    ``in_control`` is the console in control, empty when none is, and ``consoles`` counts them.
    """

    mode: str | None
    in_control: str | None = None
    consoles: int | None = None
    position: float | None = None
    pnl_usd: float | None = None


def ps(args: argparse.Namespace) -> int:
    """Prints the running instances."""
    folder = state_folder(environ, is_needed=False)
    rows = [_row(folder, one) for one in running_instances(folder)]
    if getattr(args, "json", False):
        _print_json({"schema": SCHEMA, "instances": rows})
    elif not rows:
        _tell("nothing is running")
    else:
        _tell(f"{'id':<28} {'pid':>7} {'kind':<7} {'mode':<11} {'since':<23} consoles")
        for row in rows:
            mode = row.mode or "no answer"
            since = utc_text(row.started_at)
            _tell(f"{row.id:<28} {row.pid:>7} {row.run_kind:<7} {mode:<11} {since:<23} {_consoles(row)}")
    return int(ExitCode.CLEAN)


def ctl(args: argparse.Namespace) -> int:
    """Asks something of a running instance and prints its answer."""
    folder = state_folder(environ, is_needed=False)
    name, word, rest = _split(args.words)
    if word in SHOWS:
        _nothing_more(word, rest)
    _refuse_strays(word, args)
    as_json = getattr(args, "json", False)
    if word in CONSULTS:
        make = maker(word, rest, args)
        running = meant(running_instances(folder), name)
        return consult(socket_of(folder, running), running.id, word, make, as_json=as_json)
    build = _builder(word, rest)
    running = meant(running_instances(folder), name)
    with ControlClient(socket_of(folder, running), name=user_name()) as client:
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


def _refuse_strays(word: str, args: argparse.Namespace) -> None:
    """Raises ConfigError for an option that the verb would not listen to."""
    for names, owner, lacks, belongs in _STRAYS:
        if word != owner and any(hasattr(args, name) for name in names):
            raise ConfigError(f"ctl {word} {lacks}", remedy=f"{belongs} to {owner}")


def _split(words: Sequence[str]) -> tuple[str, str, list[str]]:
    """Instance (or ""), verb, arguments; raises ConfigError."""
    name, rest = ("", list(words)) if words[0] in WORDS else (words[0], list(words[1:]))
    if not rest or rest[0] not in WORDS:
        said = repr(rest[0] if rest else name)
        raise ConfigError(f"ctl: {said} is no verb", remedy=f"use one of: {', '.join(WORDS)}")
    return name, rest[0], rest[1:]


def _builder(word: str, rest: list[str]) -> Callable[[str], Command] | None:
    """What makes the command, None for a verb that only shows; raises ConfigError."""
    by = user_name()
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


def _row(folder: Path, running: Running) -> InstanceRow:
    seen = surveyed(folder, running)
    fields = {name: getattr(running, name) for name in Running.__struct_fields__}
    if not seen.mode:
        return InstanceRow(**fields, mode=None)
    return InstanceRow(
        **fields,
        mode=seen.mode,
        in_control=printable(seen.holder),
        consoles=seen.consoles,
        position=seen.position,
        pnl_usd=seen.pnl_usd,
    )


def _consoles(row: InstanceRow) -> str:
    """How many consoles there are and which is in control."""
    if not row.consoles:
        return "none" if row.consoles == 0 else "not known"
    return f"{row.consoles}, in control: {row.in_control or 'nobody'}"


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
    spoken = Spoken()
    for picture in pictures:
        if getattr(args, "json", False):
            _tell(msgspec.json.encode(picture.view).decode())
        else:
            for line in spoken.lines(picture.view):
                _tell(line)
        sys.stdout.flush()
    return int(ExitCode.CLEAN)


def _print_json(value: object) -> None:
    _tell(msgspec.json.encode(value).decode())


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
