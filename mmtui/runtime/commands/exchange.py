"""``mmtui exchange``: the local exchange as a server, until a signal or the end of its recordings."""

import argparse
import asyncio
import contextlib
import signal
import sys

import uvloop

from mmtui.errors import ExitCode
from mmtui.runtime.clock import wall_ms
from mmtui.venues.exchange.server import AtEnd, ExchangeServer, ServeOptions, serve


def exchange(args: argparse.Namespace) -> int:
    """Serves until SIGINT or SIGTERM; raises ConfigError for options or a port that cannot be used."""
    given = {name: getattr(args, name) for name in ("port", "seed", "speed", "balance_usd") if hasattr(args, name)}
    if hasattr(args, "market"):
        given["markets"] = tuple(args.market)
    if hasattr(args, "at_end"):
        given["at_end"] = AtEnd(args.at_end)
    uvloop.run(_serve(ServeOptions(**given)))
    return int(ExitCode.CLEAN)


async def _serve(options: ServeOptions) -> None:
    serving = asyncio.ensure_future(serve(options, wall_ms, on_ready=_announce))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, serving.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await serving


def _announce(server: ExchangeServer) -> None:
    sys.stdout.write(f"local exchange at {server.url}; trade on it with `mmtui --network localhost`\n")
    sys.stdout.flush()
