"""What goes into a bundle, and the making of it from a charge: runs beside the engine, or long after it.

Owns the list of files and how much of each is taken. The charge carries what only a running engine has; all else
is read from the state folder, so a bundle can be made of an engine that is dead or hangs. Everything is cleaned.
"""

import hashlib
import importlib.metadata
import io
import platform
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec
import zstandard

from mmtui import __version__
from mmtui.domain.history_view import HistoriesView
from mmtui.domain.view import LogLine, View
from mmtui.errors import JournalError, MmtuiError
from mmtui.journal.reader import JournalReader
from mmtui.runtime.files import utc_text
from mmtui.runtime.incident.archive import Draft, Manifest, bundle_path, remove_abandoned
from mmtui.runtime.incident.cleaning import Cleaner
from mmtui.runtime.incident.excerpt import (
    LOG_LINES_MAX,
    is_picture,
    last_ms,
    lines_of,
    logged_in,
    message_of,
    stretch_of,
)
from mmtui.runtime.metrics import exposition
from mmtui.runtime.state import PRIVATE, MarketFiles

SPAN_S = 900.0
LOG_BYTES = 4 * 1024 * 1024
ROWS_MAX = 200_000
RECORDING_BYTES = 512 * 1024 * 1024
FOLDER = "incidents"
RECORDING = "recording.jsonl.zst"
JOURNAL = "journal.jsonl"
VIEW = "view.json"
SCREEN = "screen.txt"
LOG = "log.txt"


class _Pictured(msgspec.Struct):
    data: View


_Found = TypeVar("_Found")


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """What to bundle. ``texts`` are files by name that only the caller has; ``made_at`` 0 is the last recorded moment.

    ``secrets`` are blanked everywhere; the charge is never shown or written.
    """

    folder: str
    market: str
    run_id: str = ""
    made_at: float = 0.0
    span_s: float = SPAN_S
    note: str = ""
    log_path: str = ""
    texts: dict[str, str] = {}
    secrets: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Charge({self.market})"


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """Where a bundle is, its bytes, and what could not be had; ``trouble`` when there is none."""

    path: str = ""
    size_bytes: int = 0
    missing: tuple[str, ...] = ()
    trouble: str = ""


class _Journaled(msgspec.Struct, frozen=True):
    lines: bytes
    run_id: str
    settings: str


def make(charge: Charge) -> Made:
    """Writes the bundle; raises JournalError when the disk refuses."""
    files = MarketFiles(Path(charge.folder), charge.market)
    at = charge.made_at or (last_ms(files.recordings, charge.market) or 0) / 1000.0
    if not at:
        raise JournalError(f"nothing of {charge.market} is recorded or running", remedy="see `mmtui ps`")
    try:
        target = files.folder / FOLDER
        target.mkdir(mode=PRIVATE, exist_ok=True)
        remove_abandoned(target)
        draft = Draft(bundle_path(target, charge.market, at))
        try:
            return _Contents(charge, files, at, draft).write()
        except BaseException:
            draft.drop()
            raise
    except OSError as error:
        remedy = "make room on the disk of the state folder and try again"
        raise JournalError(f"the bundle cannot be written: {error.strerror or error}", remedy=remedy) from None


class _Contents:
    """Adds one file after the other; one that cannot be had is noted and costs no other."""

    def __init__(self, charge: Charge, files: MarketFiles, at: float, draft: Draft) -> None:
        self._charge = charge
        self._files = files
        self._at = at
        self._draft = draft
        self._cleaner = Cleaner(charge.secrets)
        self._missing: list[str] = []
        self._run_id = charge.run_id
        self._last_picture = b""
        self._lines: dict[int, LogLine] = {}

    def write(self) -> Made:
        charge = self._charge
        journaled = self._had(JOURNAL, self._journal)
        if journaled is not None:
            self._run_id = self._run_id or journaled.run_id
            self._add(JOURNAL, self._cleaner.text(journaled.lines.decode()))
        recording = self._had(RECORDING, self._recording)
        if recording is not None:
            self._draft.add(RECORDING, recording, is_compressed=True)
        self._add_texts(journaled)
        for name, found in self._beside().items():
            self._add(name, found)
        manifest = Manifest(
            market=charge.market,
            run_id=self._run_id,
            version=__version__,
            made_at=self._at,
            from_at=self._at - charge.span_s,
            to_at=self._at,
            note=self._cleaner.text(charge.note),
            missing=tuple(self._missing),
        )
        size = self._draft.keep(manifest)
        return Made(path=str(self._draft.path), size_bytes=size, missing=tuple(self._missing))

    def _add(self, name: str, text: str) -> None:
        self._draft.add(name, text.encode())

    def _add_texts(self, journaled: _Journaled | None) -> None:
        texts = {**self._from_last_picture(), **self._charge.texts}
        if "config.toml" not in texts and journaled is not None:
            texts["config.toml"] = journaled.settings
        texts[LOG] = _end_of(Path(self._charge.log_path), LOG_BYTES) or texts.get(LOG, "")
        for name in ("config.toml", SCREEN, "metrics.txt", VIEW, LOG):
            if texts.get(name, ""):
                self._add(name, self._cleaner.text(texts[name]))
            else:
                self._missing.append(f"{name}: nobody has it who could be asked")
        self._add("versions.json", _versions())

    def _from_last_picture(self) -> dict[str, str]:
        """What the last recorded picture says, for want of an engine to ask."""
        if VIEW in self._charge.texts or not self._last_picture:
            return {}
        try:
            view = msgspec.json.decode(self._last_picture, type=_Pictured).data
        except msgspec.MsgspecError:
            return {}
        return texts_of(msgspec.structs.replace(view, log=tuple(self._lines.values())))

    def _had(self, name: str, read: Callable[[], _Found]) -> _Found | None:
        try:
            return read()
        except (MmtuiError, msgspec.MsgspecError) as error:
            self._missing.append(f"{name}: {self._cleaner.text(str(error))}")
            return None

    def _journal(self) -> _Journaled:
        """The rows of the last session within the span, a JSON object each."""
        lines: list[bytes] = []
        with JournalReader(self._files.journal) as reader:
            session = next((s for s in reversed(reader.sessions()) if self._run_id in ("", s.start.run_id)), None)
            if session is None:
                raise JournalError("the journal holds no session")
            lines.append(msgspec.json.encode({"session": msgspec.to_builtins(session)}))
            for seq, record in reader.records(session.start.run_id):
                if record.at >= self._at - self._charge.span_s:
                    lines.append(msgspec.json.encode({"seq": seq, **msgspec.to_builtins(record)}))
        if len(lines) > ROWS_MAX:
            self._missing.append(f"{JOURNAL}: the oldest {len(lines) - ROWS_MAX} rows")
            lines = lines[-ROWS_MAX:]
        settings = "".join(f"{key} = {value!r}\n" for key, value in session.start.settings.items())
        head = "# as the run began; edits since then are in the journal\n"
        return _Journaled(b"\n".join(lines) + b"\n", session.start.run_id, head + settings)

    def _recording(self) -> bytes:
        charge, to_ms = self._charge, round(self._at * 1000) + 1_000
        from_ms = round((self._at - charge.span_s) * 1000)
        stretch = stretch_of(self._files.recordings, charge.market, from_ms=from_ms, to_ms=to_ms)
        if not stretch.paths:
            raise JournalError("nothing was recorded; [logging] record may be off")
        out, taken = io.BytesIO(), 0
        with zstandard.ZstdCompressor(level=3).stream_writer(out, closefd=False) as stream:
            for line in lines_of(stretch, self._cleaner.line):
                taken += len(line)
                self._note_picture(line)
                if taken > RECORDING_BYTES:
                    self._missing.append(f"{RECORDING}: what follows its first {RECORDING_BYTES >> 20} MB")
                    break
                stream.write(line)
        if not taken:
            raise JournalError("nothing was recorded in that time")
        return out.getvalue()

    def _note_picture(self, line: bytes) -> None:
        if not is_picture(line):
            return
        self._last_picture = message_of(line)
        for told in logged_in(self._last_picture):
            self._lines[told.seq] = told
        while len(self._lines) > LOG_LINES_MAX:
            del self._lines[next(iter(self._lines))]

    def _beside(self) -> dict[str, str]:
        """Small files of the market that are there or not."""
        folder, market = self._files.folder, self._charge.market
        places = {
            "crash.txt": folder / f"crash-{self._run_id}.txt",
            "guard.jsonl": self._files.guard_reports,
            "latch.json": folder / f"{market}.latch.json",
            "latches.jsonl": folder / f"{market}.latches.jsonl",
        }
        found = {name: _end_of(path, LOG_BYTES) for name, path in places.items()}
        return {name: self._cleaner.text(text) for name, text in found.items() if text}


def texts_of(view: View) -> dict[str, str]:
    """The files that a picture is enough for; its histories are in the recording, second by second."""
    return {
        VIEW: msgspec.json.encode(msgspec.structs.replace(view, histories=HistoriesView())).decode(),
        "metrics.txt": exposition(lambda: view)().decode(),
        LOG: "".join(f"{utc_text(line.at)} {line.level:>5} {line.text}\n" for line in view.log),
    }


def _end_of(path: Path, size_max: int) -> str:
    """The last whole lines of a text file; nothing where it cannot be read."""
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, io.SEEK_END)
            stream.seek(max(0, size - size_max))
            data = stream.read(size_max)
    except OSError:
        return ""
    if size > size_max:
        data = data.partition(b"\n")[2]
    return data.decode(errors="replace")


def _versions() -> str:
    """The program, Python, the system, and every package installed beside it."""
    packages = sorted(f"{found.metadata['Name']}=={found.version}" for found in importlib.metadata.distributions())
    told = {
        "mmtui": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "packages": packages,
        "packages_sha256": hashlib.sha256("\n".join(packages).encode()).hexdigest(),
    }
    return msgspec.json.format(msgspec.json.encode(told)).decode()


def told(made: Made) -> str:
    """One line for people."""
    size = f"{made.size_bytes / 1e6:.1f} MB" if made.size_bytes >= 100_000 else f"{made.size_bytes / 1e3:.0f} kB"
    without = f"; without {len(made.missing)} of its parts" if made.missing else ""
    return f"{made.path} ({size}{without})"
