"""The local exchange as a server: its routes, its clock and its life.

Owns the HTTP application on the loopback addresses, the task that runs blocks, start and stop. Never
reads a clock: ``wall_ms`` is handed in. Decides nothing of trading.
"""

from collections.abc import Callable

from mmtui.venues.exchange.gateway.options import ServeOptions

__all__ = ["ExchangeServer", "ServeOptions", "serve"]


class ExchangeServer:
    """A local exchange that listens. ``wall_ms`` is the clock of everything on the wire."""

    def __init__(self, options: ServeOptions, wall_ms: Callable[[], int]) -> None: ...

    @property
    def port(self) -> int:
        """Port listened on; known after ``start``."""
        ...

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``, without a trailing slash."""
        ...

    async def start(self) -> None:
        """Build the markets and listen. Raises ConfigError for bad options, a bad recording or a taken port."""

    async def wait(self) -> None:
        """Return when every recording asks to stop; raise what ended the blocks."""

    async def stop(self) -> None:
        """Close every connection and stop; safe to call twice."""


async def serve(
    options: ServeOptions, wall_ms: Callable[[], int], *, on_ready: Callable[[ExchangeServer], None]
) -> None:
    """Run a server until its recordings end or the task is cancelled; ``on_ready`` is called once it listens."""
