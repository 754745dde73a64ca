"""Which expert answers which kind of consultation in a live session."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from mmtui.domain.consultations import (
    Consultation,
    CostFlatten,
    KeepPreset,
    ListPresets,
    Preview,
    ReadPreset,
    Rehearse,
    SaveParameters,
    TellOrder,
    WriteBundle,
    WriteReport,
)
from mmtui.domain.intents import LogLevel
from mmtui.runtime.config.presets import preset_folder
from mmtui.runtime.consulting.bundling import bundling
from mmtui.runtime.consulting.desk import Expert
from mmtui.runtime.consulting.flattening import flattening
from mmtui.runtime.consulting.previewing import previewing
from mmtui.runtime.consulting.rehearsing import rehearsing
from mmtui.runtime.consulting.reporting import Subject, reporting
from mmtui.runtime.consulting.saving import keeping, listing, reading, saving
from mmtui.runtime.consulting.telling import telling
from mmtui.runtime.incident.gathering import Source

if TYPE_CHECKING:
    from mmtui.runtime.live import LiveSession


def experts_of(session: "LiveSession") -> dict[type[Consultation], Expert]:
    """The experts of a session; each works on what the session lends."""
    return {
        Preview: previewing(lambda: session.engine),
        SaveParameters: saving(session.config, lambda: session.engine.state.settings, Path.cwd()),
        ListPresets: listing(preset_folder(os.environ)),
        KeepPreset: keeping(preset_folder(os.environ)),
        ReadPreset: reading(preset_folder(os.environ)),
        Rehearse: rehearsing(session),
        CostFlatten: flattening(lambda: session.engine),
        TellOrder: telling(
            session.files.journal, session.parts.venue.instrument, session.publisher.queues.of, session.parts.clock
        ),
        WriteReport: reporting(reported_of(session)),
        WriteBundle: bundling(
            bundled_from(session),
            lambda path: session.log(LogLevel.INFO, "Incident bundle written", path=path),
        ),
    }


def reported_of(session: "LiveSession") -> Subject:
    """What a report of a session is about."""
    return Subject(
        journal=session.files.journal,
        run_id=session.run_id,
        instrument=session.parts.venue.instrument,
        folder=session.parts.folder,
        market=session.files.market,
        latest=session.latest_view,
        clock=session.parts.clock,
    )


def bundled_from(session: "LiveSession") -> Source:
    """What a bundle of a session is made from."""
    return Source(
        files=session.files,
        settings=session.parts.settings,
        latest=session.latest_view,
        log_path=lambda: session.logs.path,
        secrets=lambda: session.logs.secrets,
    )
