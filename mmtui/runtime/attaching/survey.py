"""Which engines run here, which one is meant, and how each stands. Waits for sockets: never call on an event loop."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from mmtui.domain.standing import InstanceView
from mmtui.errors import ConfigError, ControlError
from mmtui.runtime.control.client import ControlClient
from mmtui.runtime.instances import Running
from mmtui.runtime.state import MarketFiles

ANSWER_WITHIN_S: Final = 1.0


def meant(running: Sequence[Running], name: str) -> Running:
    """The instance called ``name``, or the only one whose id begins so; raises ConfigError."""
    found = [one for one in running if one.id == name] or [one for one in running if one.id.startswith(name)]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(one.id for one in (found or running)) or "none"
    if not running:
        raise ConfigError("no instance is running", remedy="`mmtui run --detach` starts one, `mmtui ps` lists them")
    if not found:
        raise ConfigError(f"no instance is called {name!r}", remedy=f"running: {listed}")
    raise ConfigError("which instance?", remedy=f"say one of: {listed}")


def socket_of(folder: Path, running: Running) -> Path:
    """Where the instance listens; raises ControlError for one that does not."""
    if not running.socket:
        raise ControlError(f"{running.id} has no control socket", remedy="its log says why; `mmtui kill` works")
    return MarketFiles(folder, running.id).socket


def surveyed(folder: Path, running: Running) -> InstanceView:
    """What an instance says of itself now; one that does not answer says so in ``note``."""
    known = InstanceView(
        id=running.id,
        pid=running.pid,
        run_kind=running.run_kind,
        network=running.network,
        coin=running.coin,
        account=running.account,
        started_at=running.started_at,
        version=running.version,
    )
    if not running.socket:
        return msgspec.structs.replace(known, note="no socket")
    try:
        with ControlClient(socket_of(folder, running), name="ps", timeout_s=ANSWER_WITHIN_S) as client:
            standing = client.who()
            engine = client.look().view.engine
    except ControlError:
        return msgspec.structs.replace(known, note="no answer")
    return msgspec.structs.replace(
        known,
        mode=engine.mode.value,
        position=engine.position.size,
        pnl_usd=engine.pnl.total,
        alarms=len(engine.alarms),
        holder=standing.holder,
        consoles=standing.consoles,
    )
