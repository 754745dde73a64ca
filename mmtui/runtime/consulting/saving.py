"""The experts that keep values: in the configuration file once its difference was agreed to, and as named sets.

Owns which difference was shown last. The disk is waited for in a thread.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

from mmtui.domain.consultations import Finding, KeepPreset, ListPresets, Presets, ReadPreset, Saved, SaveParameters
from mmtui.domain.parameters import Settings
from mmtui.errors import ConfigError
from mmtui.runtime.config import LoadedConfig, presets
from mmtui.runtime.config.saving import Saving, live_edits, prepared, write
from mmtui.runtime.consulting.desk import Expert, Say

SHOWN_MAX = 8


def saving(config: LoadedConfig, now: Callable[[], Settings], folder: Path) -> Expert:
    """The expert that writes live values into the files of ``config``; ``folder`` is where one is made."""
    shown: dict[str, tuple[Saving, set[str]]] = {}
    written: set[str] = set()

    async def expert(asked: SaveParameters, _: Say) -> Finding:
        if asked.diff_id:
            agreed = shown.pop(asked.diff_id, None)
            if agreed is None:
                raise ConfigError("that difference is no longer known", remedy="save again")
            plan, keys = agreed
            await asyncio.to_thread(write, plan)
            written.update(keys)
            return Saved(id=asked.id, path=plan.path, diff=plan.diff, is_written=True)
        edits = live_edits(config, now(), written)
        made = await asyncio.to_thread(prepared, config, edits, folder)
        while len(shown) >= SHOWN_MAX:
            del shown[next(iter(shown))]
        shown[asked.id] = made, set(edits)
        return Saved(id=asked.id, path=made.path, diff=made.diff, is_written=False)

    return expert


def listing(folder: Path) -> Expert:
    """The expert that lists presets."""

    async def expert(asked: ListPresets, _: Say) -> Finding:
        return Presets(id=asked.id, names=await asyncio.to_thread(presets.names, folder))

    return expert


def keeping(folder: Path) -> Expert:
    """The expert that keeps a preset."""

    async def expert(asked: KeepPreset, _: Say) -> Finding:
        was_there = await asyncio.to_thread(presets.keep, folder, asked.name, asked.values)
        count = len(asked.values)
        text = f"preset {asked.name} {'replaced' if was_there else 'kept'}: {count} value{'s' if count > 1 else ''}"
        return Presets(id=asked.id, names=(asked.name,), values=asked.values, text=text)

    return expert


def reading(folder: Path) -> Expert:
    """The expert that reads a preset."""

    async def expert(asked: ReadPreset, _: Say) -> Finding:
        values = await asyncio.to_thread(presets.read, folder, asked.name)
        return Presets(id=asked.id, names=(asked.name,), values=values)

    return expert
