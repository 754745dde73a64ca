"""What is kept of a defect: the trace, the versions, the engine as it stood, and the events that led there.

Owns the text of the crash file. Holds no environment and no settings that are secret; whoever writes it
blanks every known key first. Parts that cannot be told, because the defect broke them, are left to the
caller: it writes the trace before it asks for the whole.
"""

import importlib.metadata
import platform
from collections.abc import Iterable

import msgspec

from mmtui import __version__
from mmtui.domain.events import AnyEvent
from mmtui.engine.engine import Engine

EVENT_CHARS_MAX = 8_000
_PACKAGES = ("msgspec", "aiohttp", "websockets", "coincurve", "numpy", "uvloop")

_json = msgspec.json.Encoder(enc_hook=repr, order="deterministic")


def crash_text(trace: str, market: str, run_id: str) -> str:
    """The head of a crash file and the trace: needs nothing that can be broken."""
    packages = ", ".join(f"{name} {_version(name)}" for name in _PACKAGES)
    return (
        f"mmtui {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}\n"
        f"{packages}\nmarket {market}, run {run_id}\n\n{trace.rstrip()}\n"
    )


def state_text(engine: Engine, recent: Iterable[AnyEvent]) -> str:
    """The engine's picture and own orders, then the last events, oldest first, one a line as JSON."""
    orders = "\n".join(repr(order.terms) + f" {order.shown_state}" for order in engine.state.ledger.live.values())
    events = "\n".join(_json.encode(event)[:EVENT_CHARS_MAX].decode("utf-8", "replace") for event in recent)
    return f"\nengine\n{_json.encode(engine.view()).decode()}\n\nown orders\n{orders}\n\nlast events\n{events}\n"


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "?"
