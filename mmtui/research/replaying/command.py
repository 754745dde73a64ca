"""``mmtui replay FILE``: a bundle or recordings in the console as they were seen, or traded again by the engine.

Pictures recorded are shown as they were. Without any, or where settings are given, the engine trades the recorded
market in a process of its own, and what it has done so far can be looked at.
"""

import argparse
import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable, Iterable
from contextlib import ExitStack

import msgspec

from mmtui.errors import ConfigError, ExitCode, JournalError
from mmtui.research.replaying.pictures import Charge
from mmtui.runtime.clock import work_seconds
from mmtui.runtime.commands.configuration import config_of
from mmtui.runtime.config import LoadedConfig
from mmtui.runtime.consulting.aside import AsideError, work_aside
from mmtui.runtime.incident.archive import MANIFEST
from mmtui.runtime.logs.lines import printable
from mmtui.runtime.replay.film import Film
from mmtui.runtime.replay.loading import Reel, filmed, open_reel, settings_of
from mmtui.runtime.replay.player import FilmPlayer
from mmtui.runtime.replay.telling import figures_of, lines_of

MODULE = "mmtui.research.replaying"
LIMIT_S = 24 * 3600.0
FIRST_S = 60.0
BALANCE_USD = 100_000.0
BESIDE_TRADING = frozenset({"console", "logging", "monitoring"})


Screen = Callable[[Film, FilmPlayer, LoadedConfig], Awaitable[str]]
"""Shows a film until a person leaves; returns what went wrong, in a line."""


def replay(args: argparse.Namespace, screen: Screen | None) -> int:
    """Opens the files on a screen, or tells their figures where there is none."""
    config = config_of(args)
    with ExitStack() as stack:
        reel = open_reel(args.files, stack)
        must_trade = getattr(args, "simulate", False) or any(_is_of_trading(key) for key in args.flags)
        film = Film() if must_trade else filmed(reel)
        charge = None if len(film) else _charge(reel, config, args.flags, getattr(args, "balance_usd", BALANCE_USD))
        if screen is not None:
            return asyncio.run(_show(film, charge, config, screen))
        if charge is not None:
            asyncio.run(_trade(film, charge, asyncio.Event()))
        _refuse_empty(film)
        return _tell(film, reel, as_json=getattr(args, "json", False))


def _is_of_trading(key: str) -> bool:
    return key.partition(".")[0] not in BESIDE_TRADING


def _charge(reel: Reel, config: LoadedConfig, flags: Iterable[str], balance_usd: float) -> Charge:
    """A bundle is traded with the settings of its run, recordings with those in force here; flags change either."""
    settings = settings_of(reel, config.settings)
    chosen = {key: config.settings.value(key) for key in flags if key in config.sources}
    settings = settings.with_values({**chosen, "strategy.warmup_on_timeout": "quote"})
    bundled = dict.fromkeys(reel.settings, "the bundle")
    dex, asset = settings.text("trading.dex"), settings.text("trading.asset")
    return Charge(
        paths=tuple(str(path) for path in reel.paths),
        settings={row.key: None if row.secret else value for row, value in settings.items()},
        sources={**config.sources, **bundled, **{key: config.sources[key] for key in chosen}},
        coin="" if "trading.asset" not in chosen else f"{dex}:{asset}" if dex else asset,
        balance_usd=balance_usd,
    )


async def _trade(film: Film, charge: Charge, first: asyncio.Event) -> None:
    """Lets the engine trade, picture by picture; what goes wrong is the film's trouble."""

    def hear(picture: bytes) -> None:
        film.add(picture)
        first.set()

    try:
        last = await work_aside(MODULE, msgspec.json.encode(charge), hear, limit_s=LIMIT_S)
        await asyncio.sleep(0)
        film.trouble = msgspec.json.decode(last, type=str)
    except (AsideError, msgspec.MsgspecError) as error:
        film.trouble = str(error)
    film.is_complete = True
    first.set()


async def _show(film: Film, charge: Charge | None, config: LoadedConfig, screen: Screen) -> int:
    first = asyncio.Event()
    work = None if charge is None else asyncio.get_running_loop().create_task(_trade(film, charge, first))
    try:
        if work is not None:
            await asyncio.wait_for(first.wait(), FIRST_S)
        _refuse_empty(film)
        trouble = await screen(film, FilmPlayer(film, work_seconds), config)
    except TimeoutError:
        raise JournalError("the engine came to no picture in a minute", remedy="give another recording") from None
    finally:
        if work is not None:
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await work
    if trouble:
        sys.stderr.write(f"mmtui: {trouble}\n")
    return int(ExitCode.CRASH if trouble else ExitCode.CLEAN)


def _refuse_empty(film: Film) -> None:
    if not len(film):
        raise ConfigError(film.trouble or "there is nothing to see in this", remedy="give another recording")


def _tell(film: Film, reel: Reel, *, as_json: bool) -> int:
    manifest = reel.manifest
    files = {} if manifest is None else {entry.name: entry.size_bytes for entry in manifest.files}
    figures = figures_of(film, files=files, missing=() if manifest is None else manifest.missing)
    if as_json:
        sys.stdout.write(msgspec.json.encode(figures).decode() + "\n")
        return int(ExitCode.CLEAN)
    if manifest is not None:
        note = f"; note: {manifest.note}" if manifest.note else ""
        head = f"{MANIFEST}: {len(files)} files of mmtui {manifest.version}, run {manifest.run_id}{note}"
        sys.stdout.write(printable(head) + "\n")
    # A bundle comes from elsewhere: nothing in it may reach the terminal as an order.
    sys.stdout.write("".join(printable(line) + "\n" for line in lines_of(figures)))
    return int(ExitCode.CLEAN)
