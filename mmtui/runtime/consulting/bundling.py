"""Incident bundles on request: what the engine alone knows is gathered here, the file is made aside.

The engine's loop spends a few milliseconds; reading, cleaning and writing happen in a process of low priority.
"""

import asyncio
from collections.abc import Callable

import msgspec

from mmtui.domain.consultations import BundleWritten, Finding, Unable, Working, WriteBundle
from mmtui.runtime.consulting.aside import work_aside
from mmtui.runtime.consulting.desk import Expert, Say
from mmtui.runtime.incident.contents import Made
from mmtui.runtime.incident.gathering import Source, charge_of

MODULE = "mmtui.runtime.incident"
LIMIT_S = 180.0


def bundling(source: Source, tell: Callable[[str], None]) -> Expert:
    """The expert that writes bundles of a session; ``tell`` hears where one is."""

    async def bundle(asked: WriteBundle, say: Say) -> Finding:
        say(Working(id=asked.id, text="gathering"))
        charge = await asyncio.to_thread(charge_of, source, screen=asked.screen, note=asked.note)
        say(Working(id=asked.id, text="writing"))
        made = msgspec.json.decode(
            await work_aside(MODULE, msgspec.json.encode(charge), lambda _: None, limit_s=LIMIT_S), type=Made
        )
        if made.trouble:
            return Unable(id=asked.id, text=made.trouble)
        tell(made.path)
        return BundleWritten(id=asked.id, path=made.path, size_bytes=made.size_bytes, missing=made.missing)

    return bundle
