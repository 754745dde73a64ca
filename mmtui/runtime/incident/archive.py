"""The bundle as a file: a zip with a manifest, written whole or not at all, and opened with every sum checked.

A zip, since every system opens it without this program and one member can be read without the others; what is
compressed already is stored as it is. Owns the file's mode and name; never decides what goes in.
"""

import contextlib
import errno
import hashlib
import lzma
import os
import zipfile
import zlib
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from mmtui.errors import JournalError
from mmtui.runtime.files import sync_folder

SCHEMA = 1
MANIFEST = "manifest.json"
MEMBER_MAX = 1024 * 1024 * 1024
WHOLE_MAX = 2 * MEMBER_MAX
MANIFEST_MAX = 1024 * 1024
FILES_MAX = 100
SAME_NAME_MAX = 100
ENDING = ".zip"
# All that the archive's reader raises for members that are damaged, locked or packed in another way.
_DAMAGED = (
    KeyError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    RuntimeError,
    EOFError,
    ValueError,
    msgspec.MsgspecError,
)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a bundle."""

    name: str
    size_bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a bundle is and holds; times are epoch seconds, ``missing`` says what could not be had and why."""

    market: str
    run_id: str
    version: str
    made_at: float
    from_at: float
    to_at: float
    note: str = ""
    missing: tuple[str, ...] = ()
    files: tuple[Entry, ...] = ()
    schema: int = SCHEMA


class Draft:
    """A bundle being written beside its name; ``keep`` gives it the name, anything else leaves nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._draft = path.with_name(f"{path.name}.{os.getpid()}.tmp")
        descriptor = os.open(self._draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        self._file = os.fdopen(descriptor, "wb")
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED)
        self._entries: list[Entry] = []

    def add(self, name: str, data: bytes, *, is_compressed: bool = False) -> None:
        """Adds a file."""
        kind = zipfile.ZIP_STORED if is_compressed else zipfile.ZIP_DEFLATED
        self._zip.writestr(zipfile.ZipInfo(name), data, compress_type=kind)
        self._entries.append(Entry(name=name, size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest()))

    def keep(self, manifest: Manifest) -> int:
        """Makes it durable under its name, then in ``path``; returns its bytes."""
        whole = msgspec.structs.replace(manifest, files=tuple(self._entries))
        self._zip.writestr(zipfile.ZipInfo(MANIFEST), msgspec.json.format(msgspec.json.encode(whole)))
        self._zip.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        size = self._file.tell()
        self._file.close()
        self.path = self._named()
        sync_folder(self.path.parent)
        return size

    def _named(self) -> Path:
        """Takes the name, or the next one where another bundle of the same second has got it."""
        stem = self.path.name.removesuffix(ENDING)
        for number in range(1, SAME_NAME_MAX):
            path = self.path if number == 1 else self.path.with_name(f"{stem}-{number}{ENDING}")
            try:
                os.link(self._draft, path)
            except FileExistsError:
                continue
            self._draft.unlink()
            return path
        raise FileExistsError(errno.EEXIST, f"{SAME_NAME_MAX} bundles of this second are there already")

    def drop(self) -> None:
        """Removes what was written so far."""
        with contextlib.suppress(OSError, ValueError):
            self._zip.close()
        with contextlib.suppress(OSError):
            self._file.close()
        with contextlib.suppress(OSError):
            self._draft.unlink(missing_ok=True)


class Bundle:
    """An opened bundle, whose files are as the manifest says."""

    def __init__(self, manifest: Manifest, files: dict[str, bytes]) -> None:
        self.manifest = manifest
        self.files = files


def open_bundle(path: Path) -> Bundle:
    """Reads a bundle; raises JournalError for a file that is none or is not as it was written."""
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = msgspec.json.decode(_member(archive, MANIFEST, MANIFEST_MAX), type=Manifest)
            if manifest.schema != SCHEMA:
                raise JournalError(f"{path} is of another version (schema {manifest.schema})", remedy="use its program")
            if len(manifest.files) > FILES_MAX or sum(abs(entry.size_bytes) for entry in manifest.files) > WHOLE_MAX:
                raise ValueError("more than a bundle holds")
            return Bundle(manifest, {entry.name: _checked(archive, entry, path) for entry in manifest.files})
    except _DAMAGED:
        raise JournalError(f"{path} is not an incident bundle", remedy="copy it again") from None
    except OSError as error:
        raise JournalError(f"{path} cannot be read: {error.strerror or error}") from None


def _checked(archive: zipfile.ZipFile, entry: Entry, path: Path) -> bytes:
    data = _member(archive, entry.name, min(entry.size_bytes, MEMBER_MAX))
    if hashlib.sha256(data).hexdigest() != entry.sha256:
        raise JournalError(f"{path}: {entry.name} is not as it was written", remedy="copy the bundle again")
    return data


def _member(archive: zipfile.ZipFile, name: str, size_max: int) -> bytes:
    if archive.getinfo(name).file_size > size_max:
        raise ValueError("a member is too large")
    return archive.read(name)


def bundle_path(folder: Path, market: str, at: float) -> Path:
    """Where a bundle of that time goes: ``incident-MARKET-TIME.zip``, with a number behind where that is taken."""
    return folder / f"incident-{market}-{datetime.fromtimestamp(at, UTC):%Y%m%dT%H%M%SZ}{ENDING}"


def remove_abandoned(folder: Path) -> None:
    """Removes drafts whose process was ended before it could."""
    for draft in folder.glob(f"incident-*{ENDING}.*.tmp"):
        pid = draft.name.split(".")[-2]
        if pid.isdecimal() and not Path("/proc", pid).exists():
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
