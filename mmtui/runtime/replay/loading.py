"""Where the pictures of a replay come from: a bundle, or recordings with or without pictures of ours in them.

Owns the recognition of files and the unpacking of a bundle's recording beside it for as long as it is needed.
"""

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec

from mmtui.domain.parameters import Settings, Value
from mmtui.errors import JournalError
from mmtui.journal.recording import read_recording
from mmtui.runtime.incident.archive import ENDING, Manifest, open_bundle
from mmtui.runtime.incident.contents import JOURNAL, RECORDING
from mmtui.runtime.incident.excerpt import is_picture
from mmtui.runtime.replay.film import Film


class _Start(msgspec.Struct):
    settings: dict[str, Value] = {}


class _Session(msgspec.Struct):
    start: _Start


class _First(msgspec.Struct):
    session: _Session


class _Message(msgspec.Struct):
    data: msgspec.Raw


class Reel(msgspec.Struct, frozen=True, kw_only=True):
    """Files to play, oldest first; ``manifest`` and ``settings`` are those of a bundle."""

    paths: tuple[Path, ...]
    manifest: Manifest | None = None
    settings: dict[str, Value] = {}


def open_reel(files: Sequence[Path], stack: ExitStack) -> Reel:
    """The files given, a bundle unpacked until the stack closes. Raises JournalError."""
    if len(files) == 1 and files[0].suffix == ENDING:
        bundle = open_bundle(files[0])
        recording = bundle.files.get(RECORDING)
        if recording is None:
            why = next(
                (line for line in bundle.manifest.missing if line.startswith(RECORDING)), "it holds no recording"
            )
            raise JournalError(f"{files[0].name} cannot be played: {why}", remedy="read its other files: it is a zip")
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mmtui-replay-")))
        path = folder / RECORDING
        path.write_bytes(recording)
        return Reel(paths=(path,), manifest=bundle.manifest, settings=_settings(bundle.files.get(JOURNAL, b"")))
    starts = {path: next((row.ts for row in read_recording(path)), 0) for path in files}
    return Reel(paths=tuple(sorted(files, key=lambda path: starts[path])))


def filmed(reel: Reel) -> Film:
    """The pictures recorded; empty where none were."""
    film = Film()
    for path in reel.paths:
        for row in read_recording(path):
            if is_picture(bytes(row.msg)):
                film.add(bytes(msgspec.json.decode(row.msg, type=_Message).data))
    film.is_complete = True
    return film


def settings_of(reel: Reel, given: Settings) -> Settings:
    """The settings that a bundle's run began with, where there is a bundle; those given otherwise."""
    known = {row.key for row, _ in given.items()}
    return given.with_values({key: value for key, value in reel.settings.items() if key in known})


def _settings(journal: bytes) -> dict[str, Value]:
    first = journal.split(b"\n", 1)[0]
    try:
        return msgspec.json.decode(first, type=_First).session.start.settings
    except msgspec.MsgspecError:
        return {}
